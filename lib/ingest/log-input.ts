import type { Pool } from 'pg';

type Input = { clusterId: number; input: string };

/** Up to where an input is stored, as storeLogLines was told it; null: nothing of it is. */
export async function loadInputPosition(pool: Pool, { clusterId, input }: Input): Promise<unknown> {
  const { rows } = await pool.query<{ position: unknown }>(
    'SELECT position FROM log_input WHERE cluster_id = $1 AND input = $2',
    [clusterId, input],
  );
  return rows[0]?.position ?? null;
}

/** Forgets what recordLogInputError noted: the input takes lines again. */
export async function clearLogInputError(pool: Pool, { clusterId, input }: Input): Promise<void> {
  await pool.query(
    `UPDATE log_input SET last_error = NULL, last_error_at = NULL
     WHERE cluster_id = $1 AND input = $2 AND last_error IS NOT NULL`,
    [clusterId, input],
  );
}
