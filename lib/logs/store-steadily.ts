import { setTimeout as sleep } from 'node:timers/promises';

import { toAppError } from '@/lib/errors';
import { log } from '@/lib/log';

import type { LineBatch, StoreLines } from './store-lines';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** After so many tries a failure that the lines may be the cause of is taken for that. */
const TRIES = 3;

/**
 * Stores a batch however long it takes: while Postgres is away, full or read-only it is tried again with growing
 * pauses, and whoever waits for this takes no more meanwhile. A batch whose very lines cannot be stored is halved until
 * those stand alone; they are counted as refused. Rejects only where `signal` aborts before it is done.
 */
export async function storeSteadily(
  store: StoreLines,
  batch: LineBatch,
  signal: AbortSignal,
  firstPauseMs = FIRST_PAUSE_MS,
): Promise<void> {
  let pauseMs = firstPauseMs;
  for (let tries = 1; ; tries += 1) {
    try {
      await store(batch);
      return;
    } catch (thrown) {
      signal.throwIfAborted();
      const isTheLines = areToBlame(thrown);
      const { input, lines } = batch;
      const { code } = toAppError(thrown);
      const err = code === 'INTERNAL' && tries === 1 ? thrown : undefined;
      log.warn({ code, input, lines: lines.length, err }, 'log lines could not be stored yet');
      if (isTheLines && tries >= TRIES) break;
      await sleep(pauseMs, undefined, { signal });
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
  for (const part of halves(batch)) await storeSteadily(store, part, signal, firstPauseMs);
}

/** A value that Postgres refuses (SQLSTATE classes 22 and 23), or a bug that some line sets off. */
function areToBlame(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return true;
  const code = 'code' in thrown ? String(thrown.code) : '';
  return code === '' || /^(22|23)/.test(code);
}

/** The position belongs to the last half: the first must not promise the second's lines. */
function halves(batch: LineBatch): LineBatch[] {
  const { lines, refused = 0, position, ...rest } = batch;
  const last = position === undefined ? {} : { position };
  if (lines.length === 0) return []; // Even counting fails; nothing is lost but the count.
  if (lines.length === 1) return [{ ...rest, ...last, lines: [], refused: refused + 1 }];
  const middle = Math.ceil(lines.length / 2);
  return [
    { ...rest, lines: lines.slice(0, middle), refused },
    { ...rest, ...last, lines: lines.slice(middle) },
  ];
}
