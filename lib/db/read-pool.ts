import type pg from 'pg';

import { env } from '@/lib/config/env';
import { toAppError } from '@/lib/errors';

import { createPool, pool } from './pool';

/** A replica that hangs must not hold a page up for long: the primary answers instead. */
const CONNECT_MS = 2_000;
/** After a failure the replica is left alone for so long. */
const LEFT_ALONE_MS = 5_000;
/** Failures after which the same question is put to the primary; BUSY: the replica's catching up was in its way. */
const FALLS_BACK = new Set(['DATABASE_UNAVAILABLE', 'DATABASE_BUSY']);

type ReadPool = {
  /** Asks the replica, or the primary while that is away. */
  pool: pg.Pool;
  /** The replica alone, to be asked how it is. */
  replica: pg.Pool;
  /** Since when it is left alone; null: it is in use. */
  awaySince: () => Date | null;
};

// Kept on globalThis, as in pool.ts.
const store = globalThis as typeof globalThis & { exit137ReadPool?: ReadPool | null };

/** Where pages and the API read: the replica of DATABASE_READ_URL, or the primary where none is set or it is away. */
export function readPool(): pg.Pool {
  return openReadPool()?.pool ?? pool();
}

/** Null: DATABASE_READ_URL is not set. */
export function openReadPool(): ReadPool | null {
  if (store.exit137ReadPool === undefined) {
    const { DATABASE_READ_URL } = env();
    store.exit137ReadPool =
      DATABASE_READ_URL === undefined ? null : createReadPool(pool(), DATABASE_READ_URL);
  }
  return store.exit137ReadPool;
}

/** Ends the pool of the replica, if there is one. */
export async function closeReadPool(): Promise<void> {
  const open = store.exit137ReadPool;
  delete store.exit137ReadPool;
  await open?.replica.end();
}

/**
 * A pool on the replica whose `query` and `connect` go to `primary` while the replica cannot be used: a question that
 * failed there for want of a connection is put again at once, and for the next 5 s all are. For reads only: what is put
 * twice must change nothing. Errors: CONFIG_INVALID; else those of the primary.
 */
export function createReadPool(primary: pg.Pool, url: string): ReadPool {
  const replica = createPool(url, { connectTimeoutMs: CONNECT_MS, applicationName: 'exit137 reads' });
  let leftAloneUntil = 0;
  let awaySince: Date | null = null;
  const pooled = Object.create(replica) as pg.Pool;
  for (const name of ['query', 'connect'] as const) {
    const onReplica = replica[name].bind(replica) as (...args: unknown[]) => Promise<unknown>;
    const onPrimary = primary[name].bind(primary) as (...args: unknown[]) => Promise<unknown>;
    const either = async (...args: unknown[]) => {
      if (Date.now() < leftAloneUntil) return await onPrimary(...args);
      try {
        const answer = await onReplica(...args);
        awaySince = null;
        return answer;
      } catch (thrown) {
        const { code, details } = toAppError(thrown);
        // Its time is up: the primary would only take as long again.
        if (!FALLS_BACK.has(code) || details?.code === '57014') throw thrown;
        if (code === 'DATABASE_UNAVAILABLE') {
          leftAloneUntil = Date.now() + LEFT_ALONE_MS;
          awaySince ??= new Date();
        }
        return await onPrimary(...args);
      }
    };
    Object.defineProperty(pooled, name, { value: either, configurable: true, writable: true });
  }
  return { pool: pooled, replica, awaySince: () => awaySince };
}
