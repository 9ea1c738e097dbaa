import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { type FileHead, type FilePosition, hasHead, headOf, parseFilePosition } from './file-position';
import { rotatedFiles } from './rotated-files';
import { createLineSplitter, type LineSplitter } from './split-lines';
import type { LineBatch, StoreLines } from './store-lines';
import { storeSteadily } from './store-steadily';

const READ_BYTES = 256 * 1024;
const POLL_MS = 1_000;
/** Of a file never seen before no more than its end is read. */
const FIRST_SIGHT_BYTES = 64 * 1024 * 1024;
/** Looks without a new line at a file that was renamed, until the new one is read: its writer may hold it for a while. */
const QUIET_POLLS = 3;
const LF = 0x0a;

export type TailOptions = {
  path: string;
  /** Its name in log_input. */
  input: string;
  defaultHost: string | null;
  store: StoreLines;
  /** What was stored as position of this input; null: nothing. */
  loadPosition: () => Promise<unknown>;
  /** Why the file cannot be read; null: it can again. Told when it changes. */
  onTrouble: (trouble: string | null) => void;
  pollMs?: number;
  firstSightBytes?: number;
};

type Source = {
  path: string;
  file: FileHandle;
  inode: string;
  head: FileHead;
  /** Read up to here; the last line may not be whole. */
  readTo: number;
  /** Behind the last whole line: what a restart goes on from. */
  linesTo: number;
  splitter: LineSplitter;
  /** The first piece up to LF is the end of a line that began before. */
  skipsFirst: boolean;
};

/**
 * Follows a log file until `signal` aborts: through renaming and making anew, through copying and emptying
 * (logrotate's two ways), through a restart of this process, from the position that is stored with the lines. A file never seen
 * before is read from its beginning, or the last 64 MiB of it. A last line without its end waits for it. A file that is
 * missing or may not be read is looked for again every second. Reads 256 KiB at a time and never ahead of Postgres.
 */
export async function tailFile(options: TailOptions, signal: AbortSignal): Promise<void> {
  const pollMs = options.pollMs ?? POLL_MS;
  let trouble: string | null = null;
  const tell = (now: string | null): void => {
    if (now !== trouble) options.onTrouble(now);
    trouble = now;
  };
  let tail: Tail | null = null;
  while (!signal.aborted) {
    try {
      tail ??= { sources: await sourcesAfter(options), quietPolls: 0 };
      const grew = await followOnce(options, tail, signal);
      tell(null);
      if (grew) continue;
    } catch (thrown) {
      if (signal.aborted) break;
      await closeAll(tail);
      tail = null; // Looked for anew, from the stored position.
      tell(troubleOf(thrown));
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
  await closeAll(tail);
}

/** The file that is read, and those that follow it. */
type Tail = { sources: Source[]; quietPolls: number };

async function closeAll(tail: Tail | null): Promise<void> {
  for (const { file } of tail?.sources ?? []) await file.close().catch(() => {});
}

/** Whether anything new was read. */
async function followOnce(options: TailOptions, tail: Tail, signal: AbortSignal): Promise<boolean> {
  const [source, next] = tail.sources;
  if (source === undefined) throw new Error('no file');
  if (await readOn(options, source, signal)) {
    tail.quietPolls = 0;
    return true;
  }
  if (next === undefined) {
    const inode = await inodeOf(options.path);
    // Missing: renamed, and not made anew yet.
    if (inode === null || inode === source.inode) return false;
    tail.quietPolls += 1;
    if (tail.quietPolls < QUIET_POLLS) return false;
    tail.sources.push(await openSource(options.path));
  }
  await storeRest(options, source, signal);
  tail.sources.shift();
  tail.quietPolls = 0;
  await source.file.close();
  return true;
}

async function inodeOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  return found ? String(found.ino) : null;
}

/** Reads and stores one piece. False: there is nothing new. */
async function readOn(options: TailOptions, source: Source, signal: AbortSignal): Promise<boolean> {
  const { size } = await source.file.stat();
  if (size === source.readTo) return false;
  if (size < source.readTo || !(await hasHead(source.file, source.head))) startAgain(source);
  const { buffer, bytesRead } = await source.file.read(
    Buffer.allocUnsafe(READ_BYTES),
    0,
    READ_BYTES,
    source.readTo,
  );
  if (bytesRead === 0) return false;
  const bytes = buffer.subarray(0, bytesRead);
  const lastEnd = bytes.lastIndexOf(LF);
  const lines = source.splitter.push(bytes);
  if (lastEnd >= 0) source.linesTo = source.readTo + lastEnd + 1;
  source.readTo += bytesRead;
  if (source.skipsFirst && lines.length > 0) {
    lines.shift();
    source.skipsFirst = false;
  }
  source.head = await headOf(source.file);
  if (lines.length > 0) await storeSteadily(options.store, batchOf(options, source, lines), signal);
  return true;
}

/** The file was emptied: what is in it now is new. */
function startAgain(source: Source): void {
  source.readTo = 0;
  source.linesTo = 0;
  source.splitter = createLineSplitter();
  source.skipsFirst = false;
}

/** Of a file that is left for good: its last line needs no end. */
async function storeRest(options: TailOptions, source: Source, signal: AbortSignal): Promise<void> {
  const lines = source.splitter.end();
  source.linesTo = source.readTo;
  if (lines.length > 0) await storeSteadily(options.store, batchOf(options, source, lines), signal);
}

function batchOf({ input, defaultHost }: TailOptions, source: Source, lines: string[]): LineBatch {
  const position: FilePosition = { inode: source.inode, offset: source.linesTo, ...source.head };
  return { input, lines, receivedAt: new Date(), defaultHost, position };
}

/** What is to be read, in order: what is left of the file that the position is of, those after it, and the file itself. */
async function sourcesAfter(options: TailOptions): Promise<Source[]> {
  const position = parseFilePosition(await options.loadPosition());
  const current = await openSource(options.path);
  try {
    if (position !== null) {
      if (await goesOnAt(current, position)) return [current];
      if (current.inode === position.inode) return [current]; // Emptied, or made anew with the same inode.
      const older = await olderSources(options.path, position);
      if (older.length > 0) return [...older, current];
    }
    return [await atFirstSight(current, options.firstSightBytes ?? FIRST_SIGHT_BYTES)];
  } catch (thrown) {
    await current.file.close();
    throw thrown;
  }
}

/** The renamed file that the position is of, and those renamed after it. Empty: it is gone, or was packed. */
async function olderSources(path: string, position: FilePosition): Promise<Source[]> {
  const rotated = await rotatedFiles(path);
  const last = rotated.findIndex(({ inode }) => inode === position.inode);
  const older: Source[] = [];
  for (const { path: one } of last < 0 ? [] : rotated.slice(last)) {
    const source = await openSource(one).catch(() => null);
    if (source) older.push(source);
  }
  const [first] = older;
  if (first && (await goesOnAt(first, position).catch(() => false))) return older;
  // Another file that got its inode: then nothing is known of any.
  await closeAll({ sources: older, quietPolls: 0 });
  return [];
}

async function openSource(path: string): Promise<Source> {
  // Looked at first: opening a pipe would wait for its writer.
  if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
  const file = await open(path, 'r');
  return {
    path,
    file,
    inode: String((await file.stat()).ino),
    head: await headOf(file),
    readTo: 0,
    linesTo: 0,
    splitter: createLineSplitter(),
    skipsFirst: false,
  };
}

async function atFirstSight(source: Source, maxBytes: number): Promise<Source> {
  const { size } = await source.file.stat();
  if (size <= maxBytes) return source;
  source.readTo = size - maxBytes;
  source.linesTo = source.readTo;
  source.skipsFirst = true;
  return source;
}

/** Moves to the position where it is of this very file. */
async function goesOnAt(source: Source, position: FilePosition): Promise<boolean> {
  if (source.inode !== position.inode) return false;
  if ((await source.file.stat()).size < position.offset) return false;
  if (!(await hasHead(source.file, position))) return false;
  source.readTo = position.offset;
  source.linesTo = position.offset;
  return true;
}

function troubleOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  if (code === 'ENOENT') return 'There is no such file.';
  if (code === 'EACCES' || code === 'EPERM') return 'This process may not read it: permission denied.';
  return `It cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`.slice(0, 300);
}
