import type { Pool } from 'pg';

/**
 * The id of the cluster of this name, whose row is made where there is none.
 *
 * Looks first: an INSERT uses up a number of the id's 32,767 even where the row exists, and a standby comes by at
 * every interval.
 */
export async function ensureCluster(
  pool: Pool,
  { clusterName, simulated }: { clusterName: string; simulated: boolean },
): Promise<number> {
  const known = await pool.query<{ id: number; simulated: boolean }>(
    'SELECT id, simulated FROM cluster WHERE name = $1',
    [clusterName],
  );
  const row = known.rows[0];
  if (row && row.simulated === simulated) return row.id;
  if (row) {
    await pool.query('UPDATE cluster SET simulated = $2 WHERE id = $1', [row.id, simulated]);
    return row.id;
  }
  const { rows } = await pool.query<{ id: number }>(
    `INSERT INTO cluster (name, simulated) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET simulated = excluded.simulated RETURNING id`,
    [clusterName, simulated],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the cluster row could not be made');
  return id;
}
