import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import type { PollWarning, Rejects } from '@/lib/domain/snapshot';

import { ensureMonths } from './apply-task-ends';
import { assertLease, type Lease } from './lease';
import { sanitize } from './sanitize';

/** One attempt to read one source; a failed one is a row too, and lets charts say 'not observed'. */
export type PollRun = {
  clusterId: number;
  /** `mesos`, or `marathon:<url without credentials>`. */
  source: string;
  startedAt: Date;
  finishedAt: Date;
  url: string | null;
} & (
  | { ok: false; errorCode: string; errorMessage: string }
  | {
      ok: true;
      bytes: number;
      tasksRead: number | null;
      endsNew: number | null;
      endsRevised: number | null;
      rejects: Rejects;
      warnings: readonly PollWarning[];
    }
);

const MAX_SAMPLES = 20;
const MAX_ERROR_TEXT = 1_000;

/** Writes the row of one poll, and counts it. */
export async function insertPollRun(db: PoolClient, run: PollRun): Promise<void> {
  await ensureMonths(db, 'poll_run', [run.startedAt], run.finishedAt);
  const text = run.ok ? null : run.errorMessage.slice(0, MAX_ERROR_TEXT);
  await db.query(
    `WITH counted AS (
       INSERT INTO poll_total AS kept (cluster_id, source, attempts, failures, rejected, last_success_at)
       VALUES ($1, $3, 1, CASE WHEN $6 THEN 0 ELSE 1 END, $14, CASE WHEN $6 THEN $5::timestamptz END)
       ON CONFLICT (cluster_id, source) DO UPDATE SET
         attempts = kept.attempts + 1, failures = kept.failures + excluded.failures,
         rejected = kept.rejected + excluded.rejected,
         last_success_at = greatest(kept.last_success_at, excluded.last_success_at)
     )
     INSERT INTO poll_run (cluster_id, id, source, started_at, finished_at, ok, error_code, error_message, url,
                           bytes, tasks_read, ends_new, ends_revised, rejected, rejects, warnings)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::jsonb, $16::jsonb)`,
    [
      run.clusterId,
      randomUUID(),
      run.source,
      run.startedAt,
      run.finishedAt,
      run.ok,
      run.ok ? null : run.errorCode,
      text === null ? null : sanitize(text),
      run.url,
      run.ok ? run.bytes : null,
      run.ok ? run.tasksRead : null,
      run.ok ? run.endsNew : null,
      run.ok ? run.endsRevised : null,
      run.ok ? run.rejects.count : 0,
      JSON.stringify(run.ok ? sanitize(run.rejects.samples.slice(0, MAX_SAMPLES)) : []),
      JSON.stringify(run.ok ? sanitize(run.warnings) : []),
    ],
  );
}

/** Writes the row of a poll that failed before anything else could be written. Throws LEASE_LOST. */
export async function recordFailedPoll(
  pool: Pool,
  lease: Lease,
  run: PollRun & { ok: false },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    await insertPollRun(client, run);
  });
}
