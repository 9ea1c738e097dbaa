import type { Pool, PoolClient } from 'pg';

import { databaseError, isOfWrongServer } from './database-error';
import { replaceIdle } from './pool';

/**
 * Runs `fn` in one transaction (READ COMMITTED) on one session: committed when `fn` resolves, rolled back
 * when it rejects, and then rejects with the same error, or one of `databaseError` where Postgres failed.
 * After DATABASE_UNAVAILABLE from the commit itself nobody knows whether it took effect.
 */
export async function inTransaction<T>(pool: Pool, fn: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  // A session that breaks between two statements tells it by an event, which must not end the process.
  client.on('error', onError);
  try {
    await client.query('BEGIN');
    const result = await fn(client);
    await client.query('COMMIT');
    return result;
  } catch (thrown) {
    await client.query('ROLLBACK').catch((error: Error) => {
      broken = error;
    });
    if (isOfWrongServer(thrown)) {
      // After a failover every session of the pool may still lead to what is a standby now.
      broken ??= new Error('a standby');
      await replaceIdle(pool);
    }
    throw databaseError(thrown);
  } finally {
    client.removeListener('error', onError);
    // A broken session is closed, never handed to the next caller.
    client.release(broken);
  }
}
