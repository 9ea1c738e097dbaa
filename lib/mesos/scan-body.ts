import { setImmediate as nextTurn } from 'node:timers/promises';

import { AppError } from '@/lib/errors';

import type { ObjectScanner, ScanEnd } from './scan-objects';

const SLICE_BYTES = 64 * 1024;
// A slice costs well under a millisecond, so this keeps every block far below 20 ms.
const TURN_MS = 6;

export type BodyScan = ScanEnd & {
  bytes: number;
  /** What the body threw (a time-out, a broken connection); null: it ended by itself. */
  failure: AppError | null;
};

/**
 * Pumps a body through a scanner and gives the event loop its turn every few milliseconds. An expected
 * failure of the body is returned, not thrown: what was read before it is worth keeping.
 */
export async function scanBody(body: AsyncIterable<Buffer>, scanner: ObjectScanner): Promise<BodyScan> {
  let bytes = 0;
  let failure: AppError | null = null;
  let turnBegan = performance.now();
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        scanner.push(chunk.subarray(at, at + SLICE_BYTES));
        if (performance.now() - turnBegan > TURN_MS) {
          await nextTurn();
          turnBegan = performance.now();
        }
      }
      if (scanner.problem !== null) break;
    }
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    failure = thrown;
  }
  return { ...scanner.end(), bytes, failure };
}
