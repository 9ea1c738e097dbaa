import type { PoolClient } from 'pg';

import type { MasterEpoch } from '@/lib/domain/cluster';
import type { EndState } from '@/lib/domain/task';

import type { EndPlan } from './plan-task-ends';
import type { KnownEnd } from './task-end';

/**
 * Adds what a plan stores to the ledger of the master's life, in the caller's transaction: each new end, and each end
 * that became of another state or ended again. Ends from before the election are none of this master's counting.
 */
export async function addToLedger(
  client: PoolClient,
  clusterId: number,
  epoch: Pick<MasterEpoch, 'masterId' | 'electedAt'>,
  { insert, revise }: EndPlan,
  known: ReadonlyMap<string, KnownEnd>,
): Promise<void> {
  const counts = new Map<EndState, number>();
  const count = (end: { state: EndState; finishedAt: Date }) => {
    if (end.finishedAt >= epoch.electedAt) counts.set(end.state, (counts.get(end.state) ?? 0) + 1);
  };
  for (const end of insert) count(end);
  for (const { oldId, end } of revise) {
    const stored = known.get(oldId);
    if (stored && (stored.state !== end.state || (stored.reopenedAt && !end.reopenedAt))) count(end);
  }
  if (counts.size === 0) return;
  await client.query(
    `UPDATE ledger SET stored = stored + added.ends
     FROM unnest($4::text[], $5::int[]) AS added (state, ends)
     WHERE cluster_id = $1 AND master_id = $2 AND elected_at = $3 AND ledger.state = added.state`,
    [clusterId, epoch.masterId, epoch.electedAt, [...counts.keys()], [...counts.values()]],
  );
}
