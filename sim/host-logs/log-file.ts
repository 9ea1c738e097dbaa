import { appendFileSync, closeSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';

import type { HostLogPosition } from '../epoch-file';

const ROTATE_BYTES = 32 * 1024 * 1024;
const LINE_FEED = 10;
const CHUNK_BYTES = 65_536;

/** A file that grows by lines, each written once, however often the same past is told. */
export type LogFile = {
  /** `number` counts from 1 over the whole life of the cluster. */
  take(text: string, number: number): void;
  /** Appends what was taken. Returns where it stands now, or null where nothing is new. */
  flush(): HostLogPosition | null;
};

/**
 * Goes on with `path` where `position` says it was left. Lines that were written after the position was stored, by a
 * process that was killed, are found at the end of the file and not written again. At 32 MiB the file becomes `.1`.
 */
export function openLogFile(path: string, position: HostLogPosition | null): LogFile {
  let { lines, bytes } = position === null ? { lines: 0, bytes: sizeOf(path) } : whatIsThere(path, position);
  let waiting: string[] = [];

  function append(text: string): void {
    const chunk = Buffer.from(text);
    if (bytes > 0 && bytes + chunk.length > ROTATE_BYTES) {
      renameSync(path, `${path}.1`);
      bytes = 0;
    }
    appendFileSync(path, chunk);
    bytes += chunk.length;
  }

  return {
    take(text, number) {
      if (number <= lines) return;
      lines = number;
      waiting.push(text);
    },
    flush() {
      if (waiting.length === 0) return null;
      append(`${waiting.join('\n')}\n`);
      waiting = [];
      return { lines, bytes };
    },
  };
}

/** The stored position plus the lines that follow it in the file. A line that was cut in the middle is taken off. */
function whatIsThere(path: string, position: HostLogPosition): HostLogPosition {
  const size = sizeOf(path);
  // Somebody took the file away or emptied it: what was in it is not written again.
  if (size <= position.bytes) return { lines: position.lines, bytes: size };
  let lines = 0;
  let end = position.bytes;
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let offset = position.bytes; offset < size; offset += CHUNK_BYTES) {
      const read = readSync(file, chunk, 0, Math.min(CHUNK_BYTES, size - offset), offset);
      for (let index = 0; index < read; index += 1) {
        if (chunk[index] !== LINE_FEED) continue;
        lines += 1;
        end = offset + index + 1;
      }
    }
  } finally {
    closeSync(file);
  }
  if (end < size) truncateSync(path, end);
  return { lines: position.lines + lines, bytes: end };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
