import type { Pool, PoolClient } from 'pg';

import type { Statement } from './record-statements';

/**
 * The plan of a statement as it runs now, a line each; undone afterwards where it writes. `settings` hold for it alone.
 * A statement that cannot be explained gives one line that says why.
 */
export async function explain(
  pool: Pool,
  { text, values }: Statement,
  settings: readonly string[] = [],
): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (const setting of settings) await client.query(`SET LOCAL ${setting}`);
    return await planOf(client, text, values);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

async function planOf(client: PoolClient, text: string, values: readonly unknown[]): Promise<string[]> {
  try {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT TEXT) ${text}`,
      [...values],
    );
    return rows.map((row) => row['QUERY PLAN']);
  } catch (thrown) {
    return [`not explained: ${thrown instanceof Error ? thrown.message : 'unknown'}`];
  }
}
