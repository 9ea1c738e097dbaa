import type { Pool } from 'pg';

import { toAppError } from '@/lib/errors';
import { applyRetention, makeMonthsAhead, type Retention, sampleSizes } from '@/lib/ingest/apply-retention';
import type { Lease } from '@/lib/ingest/lease';
import { log } from '@/lib/log';

import type { Follower } from './agents';
import { pause } from './pause';

const INTERVAL_MS = 3_600_000;
const AFTER_FAILURE_MS = 5 * 60_000;

/** Looks after the database while the lease is held, once an hour: months ahead, retention, sizes. */
export function createUpkeep(pool: Pool, retention: Retention): Follower {
  let term: { token: string; stop: AbortController; done: Promise<void> } | null = null;

  async function run(lease: Lease, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isDone = await upkeep(pool, lease, retention, new Date());
      await pause(isDone ? INTERVAL_MS : AFTER_FAILURE_MS, signal);
    }
  }

  async function rest(): Promise<void> {
    const ending = term;
    term = null;
    ending?.stop.abort();
    await ending?.done;
  }

  return {
    lead(lease) {
      if (term?.token === lease.token) return;
      void rest();
      const stop = new AbortController();
      term = { token: lease.token, stop, done: run(lease, stop.signal) };
    },
    rest,
  };
}

/** One look. False: it failed in part and should be tried again soon. Never rejects. */
export async function upkeep(pool: Pool, lease: Lease, retention: Retention, now: Date): Promise<boolean> {
  try {
    await makeMonthsAhead(pool, lease, now);
    const { dropped, removed } = await applyRetention(pool, lease, retention, now);
    if (dropped.length > 0 || removed > 0)
      log.info({ dropped, removed }, 'what is past retention was dropped');
    await sampleSizes(pool, lease, now);
    return true;
  } catch (thrown) {
    const { code } = toAppError(thrown);
    log.warn({ code, err: code === 'INTERNAL' ? thrown : undefined }, 'the upkeep of the database failed');
    return false;
  }
}
