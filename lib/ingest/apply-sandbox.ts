import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Pool } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';

import { assertLease, type Lease } from './lease';
import type { TailCandidate } from './plan-sandbox-tails';

const pack = promisify(gzip);
const HOUR_MS = 3_600_000;
const CANDIDATES = 5_000;
/** Codes of failures that may be over at the next try. */
const PASSING = ['AGENT_UNREACHABLE', 'AGENT_TIMEOUT', 'AGENT_BAD_PAYLOAD', 'BODY_TOO_LARGE'];

/**
 * Failed and unexplained ends of the last hour, newest first, at most 5,000, with what is stored of their
 * sandboxes. Ends that never had one (refused, dropped) are left out.
 * Cost: one range of task_end, one probe of sandbox_tail per row.
 */
export async function tailCandidates(pool: Pool, clusterId: number, now: Date): Promise<TailCandidate[]> {
  const { rows } = await pool.query<TailCandidate>(
    `SELECT e.id AS "endId", e.framework_id AS "frameworkId", e.task_id AS "taskId", e.agent_id AS "agentId",
            e.executor_id AS "executorId", e.container_id AS "containerId", e.finished_at AS "finishedAt",
            coalesce(e.app_id, e.fingerprint) || ' ' || e.cause AS kind, t.tried_at AS "triedAt",
            coalesce(t.may_pass, false) AS "mayPass", coalesce(t.skipped, false) AS skipped
     FROM task_end e LEFT JOIN LATERAL (
       SELECT max(fetched_at) AS tried_at, bool_or(error_code = ANY($3::text[])) AS may_pass,
              bool_or(error_code = 'SKIPPED_SIMILAR') AS skipped
       FROM sandbox_tail s WHERE s.cluster_id = e.cluster_id AND s.end_id = e.id
     ) t ON true
     WHERE e.cluster_id = $1 AND e.finished_at > $2 AND e.disposition <> 'normal' AND e.reopened_at IS NULL
       AND e.state NOT IN ('TASK_ERROR', 'TASK_DROPPED')
     ORDER BY e.finished_at DESC LIMIT ${CANDIDATES}`,
    [clusterId, new Date(now.getTime() - HOUR_MS), PASSING],
  );
  return rows;
}

/** The end of one file, or why there is none: a code of the catalogue, or SKIPPED_SIMILAR. */
export type SandboxTailRow = {
  endId: string;
  file: 'stdout' | 'stderr';
  fetchedAt: Date;
} & ({ content: Uint8Array; sizeBytes: number; fromByte: number } | { errorCode: string });

/**
 * Stores tails, compressed, under the lease. Content once stored stays: an agent that has lost a file, or that
 * truncated it, takes nothing away. Throws LEASE_LOST; database errors propagate.
 */
export async function applySandboxTails(
  pool: Pool,
  lease: Lease,
  rows: readonly SandboxTailRow[],
): Promise<void> {
  if (rows.length === 0) return;
  // Beside this thread: after a pause of Postgres there are hundreds, of a millisecond or two each.
  const packed = await Promise.all(
    rows.map(async (row) => ('content' in row ? (await pack(row.content)).toString('base64') : null)),
  );
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    const read = rows.map((row) => ('content' in row ? row : null));
    await client.query(
      `INSERT INTO sandbox_tail AS known
         (cluster_id, end_id, file, fetched_at, size_bytes, from_byte, content, error_code)
       SELECT $1, end_id, file, fetched_at, size_bytes, from_byte, decode(content, 'base64'), error_code
       FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
         AS t (end_id, file, fetched_at, size_bytes, from_byte, content, error_code)
       ON CONFLICT (cluster_id, end_id, file) DO UPDATE SET fetched_at = excluded.fetched_at,
         size_bytes = excluded.size_bytes, from_byte = excluded.from_byte, content = excluded.content,
         error_code = excluded.error_code
       WHERE known.content IS NULL`,
      [
        lease.clusterId,
        rows.map(({ endId }) => endId),
        rows.map(({ file }) => file),
        rows.map(({ fetchedAt }) => fetchedAt),
        read.map((row) => row?.sizeBytes ?? null),
        read.map((row) => row?.fromByte ?? null),
        packed,
        rows.map((row) => ('errorCode' in row ? row.errorCode : null)),
      ],
    );
  });
}
