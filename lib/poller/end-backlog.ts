import { isOfTheData } from '@/lib/db/data-error';
import type { StreamEnd } from '@/lib/ingest/apply-stream-ends';
import { weightOf } from '@/lib/mesos/weigh-task';

import { pause } from './pause';

/** Ends that the event stream told, on their way to the database. */
export type EndBacklog = {
  add(end: StreamEnd): void;
  /** How many wait, those being written among them. */
  size(): number;
  /** Writes what waits now: resolves once that is stored, or failed twice, or after `atMostMs`. Never rejects. */
  drain(atMostMs: number): Promise<void>;
  /** From now on what waits does not prove that nothing was lost before it. */
  distrust(): void;
  /** Forgets what waits, and tells how many that were; those being written go on. */
  clear(): number;
  /** Writes what comes until `signal` aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
};

export type BacklogOptions = {
  /** Whether an end must wait still, and with it those told after it. */
  isHeld?(end: StreamEnd): boolean;
  /** Stores ends, all or none. */
  store(ends: readonly StreamEnd[]): Promise<void>;
  /** So many ends were given up: the bound was reached, or (`isBad`) the database takes them from nobody. */
  onDropped(ends: number, isBad: boolean): void;
  /** A write failed; what it held waits for the next. */
  onFailure(thrown: unknown): void;
  maxEnds?: number;
  maxBytes?: number;
};

const MAX_ENDS = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;
const BATCH_ENDS = 500;
/** What comes together is stored together. */
const GATHER_MS = 100;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Holds at most 20,000 ends and 32 MB of them, whatever the database does. Beyond that all that wait are dropped, which
 * the caller makes up for by a poll: the master still has the newest, and a part of them would be no better.
 */
export function createEndBacklog(options: BacklogOptions): EndBacklog {
  const { store, onDropped, onFailure, isHeld, maxEnds = MAX_ENDS, maxBytes = MAX_BYTES } = options;
  let waiting: StreamEnd[] = [];
  let bytes = 0;
  let writing: { ends: readonly StreamEnd[]; done: Promise<boolean> } | null = null;
  let wake: (() => void) | null = null;

  function take(): StreamEnd[] {
    const batch = waiting.slice(0, Math.min(BATCH_ENDS, readyEnds()));
    waiting = waiting.slice(batch.length);
    for (const { task } of batch) bytes -= weightOf(task);
    return batch;
  }

  /** How many of those that wait may be stored. */
  function readyEnds(): number {
    const held = isHeld === undefined ? -1 : waiting.findIndex(isHeld);
    return held === -1 ? waiting.length : held;
  }

  function giveBack(ends: readonly StreamEnd[]): void {
    waiting = [...ends, ...waiting];
    for (const { task } of ends) bytes += weightOf(task);
    bound();
  }

  function bound(): void {
    if (waiting.length <= maxEnds && bytes <= maxBytes) return;
    onDropped(clear(), false);
  }

  function clear(): number {
    const cleared = waiting.length;
    waiting = [];
    bytes = 0;
    return cleared;
  }

  /** One batch, or the rest of the one under way. False: it could not be stored. */
  function writeOne(): Promise<boolean> {
    if (writing) return writing.done;
    const ends = take();
    if (ends.length === 0) return Promise.resolve(true);
    const done = storeInParts(ends).then(
      () => true,
      (thrown) => {
        giveBack(ends);
        onFailure(thrown);
        return false;
      },
    );
    writing = { ends, done };
    return done.finally(() => {
      writing = null;
    });
  }

  /** Halves what the database refuses until the one end stands alone that is to blame. */
  async function storeInParts(ends: readonly StreamEnd[]): Promise<void> {
    try {
      await store(ends);
    } catch (thrown) {
      if (!isOfTheData(thrown)) throw thrown;
      if (ends.length === 1) return onDropped(1, true);
      const middle = Math.ceil(ends.length / 2);
      await storeInParts(ends.slice(0, middle));
      await storeInParts(ends.slice(middle));
    }
  }

  function untilWoken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        wake = null;
        signal.removeEventListener('abort', end);
        resolve();
      };
      wake = end;
      signal.addEventListener('abort', end, { once: true });
    });
  }

  return {
    add(end) {
      waiting.push(end);
      bytes += weightOf(end.task);
      bound();
      wake?.();
    },
    size: () => waiting.length + (writing?.ends.length ?? 0),
    async drain(atMostMs) {
      const over = Date.now() + atMostMs;
      const last = waiting[readyEnds() - 1] ?? writing?.ends.at(-1);
      const isLeft = () =>
        last !== undefined && (waiting.includes(last) || writing?.ends.includes(last) === true);
      let failures = 0;
      while (isLeft() && Date.now() < over) {
        const late = new Promise<boolean>((resolve) => setTimeout(resolve, over - Date.now(), false).unref());
        const isWritten = await Promise.race([writeOne(), late]);
        // A connection that was cut is made anew; a poll that judged without these ends would tell of a gap.
        if (!isWritten) failures += 1;
        if (failures > 1) return;
      }
    },
    distrust() {
      for (const end of [...waiting, ...(writing?.ends ?? [])]) end.isSinceOpened = true;
    },
    clear,
    async run(signal) {
      let pauseMs = FIRST_PAUSE_MS;
      while (!signal.aborted) {
        if (waiting.length === 0) {
          await untilWoken(signal);
        }
        if (readyEnds() < BATCH_ENDS) await pause(GATHER_MS, signal);
        if (signal.aborted) return;
        if (await writeOne()) pauseMs = FIRST_PAUSE_MS;
        else {
          await pause(pauseMs, signal);
          pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        }
      }
    },
  };
}
