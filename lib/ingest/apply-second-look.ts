import type { Pool } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import { diagnose } from '@/lib/diagnose/diagnose';

import { applyTaskEnds, storedEnds } from './apply-task-ends';
import { factsOf, readSurroundings } from './evidence-facts';
import { fingerprintOf } from './identity';
import { assertLease, type Lease } from './lease';
import type { MarathonKnowledge } from './marathon-context';

const LOOK_BACK = '15 minutes';
const AT_ONCE = 500;
const MAX_REVISION = 32_767; // The column is a smallint.

/**
 * Looks again at the kills of the last quarter of an hour that nothing explained, now that their Marathon told more: one
 * that it explains is revised. What logs tell of an end is left to those who read them. Answers how many changed.
 * Throws LEASE_LOST; database errors propagate.
 */
export async function lookAgainAtKills(
  pool: Pool,
  lease: Lease,
  knowledge: MarathonKnowledge,
  now: Date,
): Promise<number> {
  const { clusterId } = lease;
  const ids = await unexplained(pool, clusterId, knowledge.frameworkId, now);
  if (ids.length === 0) return 0;
  return await inTransaction(pool, async (client) => {
    // Before anything of task_end is read: retention holds the lease when it wants the table for itself.
    await assertLease(client, lease);
    const ends = await storedEnds(client, clusterId, ids);
    const marathons = new Map([[knowledge.frameworkId, knowledge]]);
    const around = await readSurroundings(client, clusterId, ends, marathons);
    const revise = ends.flatMap((end) => {
      if (end.disposition !== 'unexplained' || end.reopenedAt || end.ruleId.startsWith('evidence-'))
        return [];
      const facts = factsOf(end, [], around);
      const verdict = diagnose(facts);
      if (verdict.disposition === 'unexplained') return [];
      const revised = {
        ...end,
        ...verdict,
        exitCode: end.exitCode ?? verdict.exitCode,
        fingerprint: fingerprintOf({ ...end, cause: verdict.cause }),
        deploymentId: facts.marathon?.deployment?.deploymentId ?? end.deploymentId,
        revisedAt: now,
        revision: Math.min(end.revision + 1, MAX_REVISION),
      };
      return [{ oldId: end.id, oldFinishedAt: end.finishedAt, end: revised }];
    });
    if (revise.length > 0) await applyTaskEnds(client, clusterId, { insert: [], revise, reopen: [] }, now);
    return revise.length;
  });
}

async function unexplained(pool: Pool, clusterId: number, frameworkId: string, now: Date): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM task_end
     WHERE cluster_id = $1 AND framework_id = $2 AND finished_at > $3::timestamptz - $4::interval
       AND finished_at < $3::timestamptz + interval '1 day'
       AND disposition = 'unexplained' AND app_id IS NOT NULL AND reopened_at IS NULL
     ORDER BY finished_at DESC LIMIT $5`,
    [clusterId, frameworkId, now, LOOK_BACK, AT_ONCE],
  );
  return rows.map(({ id }) => id);
}
