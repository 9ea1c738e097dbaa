import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import type { MesosTask } from '@/lib/domain/task';

import { addExposure } from './apply-exposure';
import { assertLease, type Lease } from './lease';
import type { MarathonKnowledge } from './marathon-context';
import type { Memory } from './memory';
import { planExposure } from './plan-exposure';
import { toTaskEnds } from './plan-task-ends';
import { storeEnds } from './store-ends';

/** A failover's gap that the agents have not been asked about to the end. */
export type RefillGap = { id: string; from: Date; to: Date };

export type PendingRefill = {
  gaps: RefillGap[];
  /** End of the last whole poll before the first of them: until then task-hours are credited. Null: none is kept. */
  creditedUntil: Date | null;
};

/** Beyond it agents have dropped their own history, or their sandboxes (reference A8). */
const ASK_ABOUT = '7 days';
/** An agent's clock may be behind ours: what is stored already is known by its identity. */
const SLACK_MS = 5 * 60_000;

/** What is to be asked of the agents; null: nothing. Cost: two index probes. */
export async function pendingRefill(pool: Pool, clusterId: number, now: Date): Promise<PendingRefill | null> {
  const { rows: gaps } = await pool.query<RefillGap>(
    `SELECT id, from_at AS "from", to_at AS "to" FROM gap
     WHERE cluster_id = $1 AND kind = 'master_failover' AND refilled_at IS NULL
       AND recorded_at > $2::timestamptz - $3::interval
     ORDER BY from_at, id LIMIT 100`,
    [clusterId, now, ASK_ABOUT],
  );
  const [first] = gaps;
  if (first === undefined) return null;
  const { rows } = await pool.query<{ at: Date }>(
    `SELECT finished_at AS at FROM poll_run
     WHERE cluster_id = $1 AND source = 'mesos' AND ok AND started_at <= $2 ORDER BY started_at DESC LIMIT 1`,
    [clusterId, first.from],
  );
  return { gaps, creditedUntil: rows[0]?.at ?? null };
}

/** The agents that may remember something: listed ones, and those that went since. Cost: one scan of the agents. */
export async function agentsToAsk(pool: Pool, clusterId: number, { gaps }: PendingRefill) {
  const { rows } = await pool.query<{
    agentId: string;
    hostname: string;
    pid: string | null;
    port: number | null;
    version: string | null;
  }>(
    `SELECT agent_id AS "agentId", hostname, pid, port, version FROM agent
     WHERE cluster_id = $1 AND (gone_at IS NULL OR gone_at > $2) ORDER BY agent_id`,
    [clusterId, gaps[0]?.from ?? new Date()],
  );
  return rows;
}

/** Whether a task of an agent's history ended in one of the gaps. */
export function isInGap({ gaps }: PendingRefill, task: MesosTask): boolean {
  const finishedAt = task.statuses.at(-1)?.at ?? null;
  return finishedAt !== null && gapOf(gaps, finishedAt) !== undefined;
}

function gapOf(gaps: readonly RefillGap[], at: Date): RefillGap | undefined {
  return gaps.find(({ from, to }) => at.getTime() >= from.getTime() - SLACK_MS && at <= to);
}

/**
 * Stores what agents remember of the time of a failover and no master told us, in one transaction under the lease: as
 * any end (rows, rollups, task-hours since the poll before, the ledger where this master counts it), and counts it on the
 * row of its gap. Idempotent. Answers how many were new. Throws LEASE_LOST; database errors propagate.
 */
export async function applyRefill(
  pool: Pool,
  lease: Lease,
  memory: Pick<Memory, 'hostnames' | 'frameworkNames'>,
  {
    pending,
    tasks,
    marathons,
    now,
  }: {
    pending: PendingRefill;
    tasks: readonly MesosTask[];
    marathons: ReadonlyMap<string, MarathonKnowledge>;
    now: Date;
  },
): Promise<number> {
  const { clusterId } = lease;
  const { hostnames, frameworkNames } = memory;
  const offered = toTaskEnds(tasks, { clusterId, now, hostnames, frameworkNames, marathons });
  return await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    const { plan, inserted } = await storeEnds(client, {
      clusterId,
      offered,
      live: new Map(),
      epoch: await currentLife(client, clusterId),
      marathons,
      now,
      leavesOut: true,
    });
    const lifetimes = plan.insert.map((end) => ({
      host: end.host,
      appId: end.appId,
      from: end.startedAt,
      to: end.finishedAt,
    }));
    await addExposure(client, clusterId, planExposure(lifetimes, pending.creditedUntil, now), now);
    for (const { id } of pending.gaps) {
      const ends = plan.insert.filter((end) => gapOf(pending.gaps, end.finishedAt)?.id === id).length;
      if (ends === 0) continue;
      await client.query(
        'UPDATE gap SET refilled = coalesce(refilled, 0) + $3 WHERE cluster_id = $1 AND id = $2',
        [clusterId, id, ends],
      );
    }
    return inserted;
  });
}

/** The agents were asked. Throws LEASE_LOST; database errors propagate. */
export async function finishRefill(
  pool: Pool,
  lease: Lease,
  { gaps }: PendingRefill,
  { asked, answered, now }: { asked: number; answered: number; now: Date },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    await client.query(
      `UPDATE gap SET agents_asked = $3, agents_answered = $4, refilled = coalesce(refilled, 0), refilled_at = $5
       WHERE cluster_id = $1 AND id = ANY ($2::uuid[])`,
      [lease.clusterId, gaps.map(({ id }) => id), asked, answered, now],
    );
  });
}

async function currentLife(client: PoolClient, clusterId: number) {
  const { rows } = await client.query<{ master_id: string | null; elected_at: Date | null }>(
    'SELECT master_id, elected_at FROM cluster WHERE id = $1',
    [clusterId],
  );
  const [row] = rows;
  return row?.master_id && row.elected_at ? { masterId: row.master_id, electedAt: row.elected_at } : null;
}
