import { setTimeout as sleep } from 'node:timers/promises';

import { log } from '@/lib/log';

/** A batch is stored once it has so many lines, or after BATCH_MS. */
const BATCH_LINES = 1_000;
/** What has piled up goes in larger ones. */
const LARGEST_BATCH_LINES = 5_000;
const BATCH_MS = 500;
/** Held in memory while Postgres is slow or away. */
const MAX_LINES = 20_000;
const MAX_CHARACTERS = 16 * 1024 * 1024;

export type BufferedLine = { text: string; peer: string };

export type LineBuffer = {
  add(line: BufferedLine): void;
  /** Time to read no more until `onRoom`. What is added all the same is kept. */
  isFull(): boolean;
  size(): number;
  /** Stores what is left and ends. Lines that are not stored when `deadline` aborts are given up, and told in the log. */
  finish(deadline: AbortSignal): Promise<void>;
};

/**
 * Lines on their way to be stored, in the order they came, one batch at a time. A batch counts against the bounds
 * until `store` resolves, however often it has to try; it rejects only after its signal aborts.
 */
export function createLineBuffer({
  store,
  onRoom,
  maxLines = MAX_LINES,
  batchMs = BATCH_MS,
}: {
  store: (lines: readonly BufferedLine[], signal: AbortSignal) => Promise<void>;
  /** Half of the buffer is free again after it was full. */
  onRoom: () => void;
  maxLines?: number;
  batchMs?: number;
}): LineBuffer {
  let lines: BufferedLine[] = [];
  let characters = 0;
  let wasFull = false;
  let isFinishing = false;
  let wake = (): void => {};
  const aborting = new AbortController();
  const isFull = (): boolean => lines.length >= maxLines || characters >= MAX_CHARACTERS;

  /** Once: aborting a timer is dear, and lines come by the thousand. */
  function wakeUp(): void {
    const waked = wake;
    wake = () => {};
    waked();
  }

  async function nextBatch(): Promise<readonly BufferedLine[]> {
    if (lines.length === 0 && !isFinishing) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (lines.length < BATCH_LINES && !isFinishing) {
      const pause = new AbortController();
      wake = () => pause.abort();
      await sleep(batchMs, undefined, { signal: pause.signal }).catch(() => {});
    }
    return lines.slice(0, LARGEST_BATCH_LINES);
  }

  const stored = (async () => {
    while (!isFinishing || lines.length > 0) {
      const batch = await nextBatch();
      try {
        await store(batch, aborting.signal);
      } catch (err) {
        log.error({ err, lines: lines.length }, 'syslog lines were not stored before the stop');
        return;
      }
      lines = lines.slice(batch.length);
      characters -= batch.reduce((sum, { text }) => sum + text.length, 0);
      if (wasFull && lines.length <= maxLines / 2 && characters <= MAX_CHARACTERS / 2) {
        wasFull = false;
        onRoom();
      }
    }
  })();

  return {
    add(line) {
      lines.push(line);
      characters += line.text.length;
      if (isFull()) wasFull = true;
      if (lines.length === 1 || lines.length >= BATCH_LINES) wakeUp();
    },
    isFull,
    size: () => lines.length,
    async finish(deadline) {
      isFinishing = true;
      if (deadline.aborted) aborting.abort();
      deadline.addEventListener('abort', () => aborting.abort());
      wakeUp();
      await stored;
    },
  };
}
