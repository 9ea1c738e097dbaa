import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import { AppError } from '@/lib/errors';

/** Who may write for a cluster. `token` is larger than any earlier holder's. */
export type Lease = { clusterId: number; holder: string; token: string };

// A holder in the middle of a long transaction keeps the row locked: rather look again at the next interval.
const LOCK_TIMEOUT_MS = 2_000;

/**
 * Takes, or prolongs, the lease on the database's clock. Null: another holder's lease still runs, or the row
 * is locked by its write. The token grows when the holder changes and stays when it is prolonged.
 */
export async function takeLease(
  pool: Pool,
  { clusterId, holder, ttlMs }: { clusterId: number; holder: string; ttlMs: number },
): Promise<Lease | null> {
  try {
    return await inTransaction(pool, async (client) => {
      await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      const { rows } = await client.query<{ token: string }>(TAKE, [clusterId, holder, ttlMs]);
      return rows[0] ? { clusterId, holder, token: rows[0].token } : null;
    });
  } catch (thrown) {
    if (isLockTimeout(thrown)) return null;
    throw thrown;
  }
}

const TAKE = `
  INSERT INTO lease AS held (cluster_id, holder, token, acquired_at, expires_at)
  VALUES ($1, $2, 1, clock_timestamp(), clock_timestamp() + make_interval(secs => $3::float8 / 1000))
  ON CONFLICT (cluster_id) DO UPDATE SET
    holder = excluded.holder,
    token = CASE WHEN held.holder = excluded.holder AND held.expires_at > clock_timestamp()
                 THEN held.token ELSE held.token + 1 END,
    acquired_at = CASE WHEN held.holder = excluded.holder AND held.expires_at > clock_timestamp()
                       THEN held.acquired_at ELSE excluded.acquired_at END,
    expires_at = excluded.expires_at
  WHERE held.holder = excluded.holder OR held.expires_at <= clock_timestamp()
  RETURNING token::text`;

/** Lets a lease run longer while its holder works. False: it is another's by now, or the row is locked by its write. */
export async function prolongLease(pool: Pool, lease: Lease, ttlMs: number): Promise<boolean> {
  const { rowCount } = await pool.query(PROLONG, [lease.clusterId, lease.holder, lease.token, ttlMs]);
  return rowCount === 1;
}

// Skips a locked row: the write that holds it keeps all others out.
const PROLONG = `
  UPDATE lease SET expires_at = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
  WHERE cluster_id = (
    SELECT cluster_id FROM lease WHERE cluster_id = $1 AND holder = $2 AND token = $3 FOR UPDATE SKIP LOCKED
  )`;

/** Ends a holder's lease, so that the next instance need not wait for it to run out. */
export async function releaseLease(
  pool: Pool,
  { clusterId, holder }: Pick<Lease, 'clusterId' | 'holder'>,
): Promise<void> {
  await pool.query(RELEASE, [clusterId, holder]);
}

// A second back: the column rounds to milliseconds, and half of one ahead would still be held.
const RELEASE = `UPDATE lease SET expires_at = clock_timestamp() - interval '1 s' WHERE cluster_id = $1 AND holder = $2`;

/** Locks the lease row for the rest of the transaction, so that writers never interleave. Throws LEASE_LOST. */
export async function assertLease(client: PoolClient, lease: Lease): Promise<void> {
  const { rowCount } = await client.query(
    'SELECT 1 FROM lease WHERE cluster_id = $1 AND holder = $2 AND token = $3 FOR UPDATE',
    [lease.clusterId, lease.holder, lease.token],
  );
  if (rowCount !== 1) throw new AppError('LEASE_LOST', 'Another instance took over the collection');
}

function isLockTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === '55P03';
}
