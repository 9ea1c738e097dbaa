import pg from 'pg';

import { env } from '@/lib/config/env';
import { AppError } from '@/lib/errors';

import { databaseError } from './database-error';

/** Whatever can run a statement: a pool, or the client of a transaction. */
export type Db = pg.Pool | pg.PoolClient;

export type PoolOptions = {
  /** Sessions at most; default 10. */
  max?: number;
  /** A statement that takes longer is cancelled by the server; default 30 s, 0 for none. */
  statementTimeoutMs?: number;
  /** A session that does nothing for longer within a transaction is ended by the server; default 15 s, 0 for none. */
  idleInTransactionMs?: number;
  /** How long one waits for a session; default 10 s. */
  connectTimeoutMs?: number;
  /** Shown in pg_stat_activity; default `exit137`. */
  applicationName?: string;
};

const CONNECT_TIMEOUT_MS = 10_000;
// A collector that is stopped in mid-transaction (SIGSTOP, a frozen machine) would keep the lease's row locked, and with
// it every other collector out, for as long as it stands. Its own pauses between two statements are below a second.
const IDLE_IN_TRANSACTION_MS = 15_000;
// Past the server's own limit: it answers first, unless it can no longer be heard.
const UNHEARD_MS = 5_000;
const DATE_OID = 1082;

/**
 * A pool whose sessions speak UTC. `timestamptz` comes as Date, `date` as the text `2026-11-25` (pg would
 * make it local midnight), `bigint` as text (pg's own way: it may exceed a double).
 *
 * Errors: a URL that is none throws CONFIG_INVALID; `query` and `connect` reject with DATABASE_UNAVAILABLE
 * where the connection fails, never showing the URL.
 */
export function createPool(url: string, options: PoolOptions = {}): pg.Pool {
  const pool = newPool(url, options);
  // Without a listener, the loss of an idle session would end the process. The pool replaces the session.
  pool.on('error', () => {});
  return withSafeErrors(pool);
}

function newPool(url: string, options: PoolOptions): pg.Pool {
  const statementTimeoutMs = Math.trunc(options.statementTimeoutMs ?? 30_000);
  const idleInTransactionMs = Math.trunc(options.idleInTransactionMs ?? IDLE_IN_TRANSACTION_MS);
  try {
    // A pool would only parse the URL at its first session.
    new pg.Client({ connectionString: url });
    return new pg.Pool({
      connectionString: url,
      max: options.max ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: 30_000,
      // A server whose host or network is gone says nothing, and TCP alone would wait for hours.
      ...(statementTimeoutMs === 0 ? {} : { query_timeout: statementTimeoutMs + UNHEARD_MS }),
      keepAlive: true,
      application_name: options.applicationName ?? 'exit137',
      types: { getTypeParser },
      // Statements, not startup parameters: PgBouncer refuses those it does not know. The pool waits for them.
      onConnect: async (client) => {
        await client.query(
          `SET TIME ZONE 'UTC'; SET statement_timeout = ${statementTimeoutMs};
           SET idle_in_transaction_session_timeout = ${idleInTransactionMs}`,
        );
      },
    });
  } catch {
    // No cause: the driver's error may hold the URL and its password.
    throw new AppError('CONFIG_INVALID', 'DATABASE_URL is not a Postgres URL');
  }
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === DATE_OID ? (value: string) => value : pg.types.getTypeParser(oid, format ?? 'text');

/** Closes the sessions that wait in the pool; the next callers get new ones. Those in use are their users' to give up. */
export async function replaceIdle(pool: pg.Pool): Promise<void> {
  for (let left = pool.idleCount; left > 0 && pool.idleCount > 0; left -= 1) {
    const client = await pool.connect().catch(() => null);
    client?.release(true);
  }
}

/** Translates the rejections of the promise forms; the callback forms are left to pg. */
function withSafeErrors(pool: pg.Pool): pg.Pool {
  for (const name of ['query', 'connect'] as const) {
    // The overloads of pg are beyond Parameters<>; the arguments pass through untouched.
    const original = pool[name].bind(pool) as (...args: unknown[]) => unknown;
    const safe = (...args: unknown[]) => {
      const result = original(...args);
      return result instanceof Promise
        ? result.catch((thrown: unknown) => {
            throw databaseError(thrown);
          })
        : result;
    };
    Object.defineProperty(pool, name, { value: safe, configurable: true, writable: true });
  }
  return pool;
}

// Kept on globalThis: the development server evaluates this module anew after an edit, and in several bundles.
const store = globalThis as typeof globalThis & { exit137Pool?: pg.Pool };

/** The pool of this process, made at first use from DATABASE_URL. Throws CONFIG_INVALID where that is unset. */
export function pool(): pg.Pool {
  if (store.exit137Pool === undefined) {
    const { DATABASE_URL } = env();
    if (DATABASE_URL === undefined) throw new AppError('CONFIG_INVALID', 'DATABASE_URL: not set');
    store.exit137Pool = createPool(DATABASE_URL);
  }
  return store.exit137Pool;
}

/** Ends the pool of this process, if there is one: waits for the statements that run. */
export async function closePool(): Promise<void> {
  const open = store.exit137Pool;
  delete store.exit137Pool;
  await open?.end();
}
