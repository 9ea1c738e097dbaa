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
import { rememberTold } from './stream-memory';

/** An end that the master's event stream told. */
export type StreamEnd = {
  task: MesosTask;
  /** Our clock. */
  toldAt: Date;
  /** It does not prove that nothing was lost before it, see `Memory.sinceOpened`. */
  isSinceOpened: boolean;
};

export type StreamBatch = {
  ends: readonly StreamEnd[];
  marathons: ReadonlyMap<string, MarathonKnowledge>;
  /** Names that the stream told, for what no poll has seen yet. */
  hostnames: ReadonlyMap<string, string>;
  frameworkNames: ReadonlyMap<string, string>;
  now: Date;
};

export type StreamApplied = { inserted: number; revised: number; failures: number };

/**
 * Stores ends that the event stream told, in one transaction under the lease: rows with their rollup, the ledger, what
 * host logs told of them, and the task-hours of the new ones since the last whole poll, which credits only what it finds
 * alive and what it stores itself. Storing a batch twice changes nothing the second time.
 * Throws LEASE_LOST; database errors propagate.
 */
export async function applyStreamEnds(
  pool: Pool,
  lease: Lease,
  memory: Memory,
  batch: StreamBatch,
): Promise<StreamApplied> {
  const { ends, marathons, now } = batch;
  const { clusterId } = lease;
  const tasks = ends.map(({ task }) => task);
  const offered = toTaskEnds(tasks, {
    clusterId,
    now,
    hostnames: namesOf(
      tasks.map(({ agentId }) => agentId),
      [memory.hostnames, batch.hostnames],
    ),
    frameworkNames: namesOf(
      tasks.map(({ frameworkId }) => frameworkId),
      [memory.frameworkNames, batch.frameworkNames],
    ),
    marathons,
  });
  const applied = await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    const { epoch, lastPolledAt } = await readCluster(client, clusterId);
    const stored = await storeEnds(client, { clusterId, offered, live: new Map(), epoch, marathons, now });
    const lifetimes = stored.plan.insert.map((end) => ({
      host: end.host,
      appId: end.appId,
      from: end.startedAt,
      to: end.finishedAt,
    }));
    await addExposure(client, clusterId, planExposure(lifetimes, lastPolledAt, now), now);
    const failures = stored.plan.insert.filter(({ disposition }) => disposition === 'failure').length;
    return { inserted: stored.inserted, revised: stored.revised, failures };
  });

  for (const end of ends) rememberTold(memory, end);
  return applied;
}

/** Of these ids alone; the first map that knows one tells. */
function namesOf(ids: readonly string[], maps: readonly ReadonlyMap<string, string>[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const id of ids) {
    const name = maps.map((map) => map.get(id)).find((one) => one !== undefined);
    if (name !== undefined) names.set(id, name);
  }
  return names;
}

async function readCluster(client: PoolClient, clusterId: number) {
  const { rows } = await client.query<{
    last_polled_at: Date | null;
    master_id: string | null;
    elected_at: Date | null;
  }>('SELECT last_polled_at, master_id, elected_at FROM cluster WHERE id = $1', [clusterId]);
  const [row] = rows;
  return {
    lastPolledAt: row?.last_polled_at ?? null,
    epoch: row?.master_id && row.elected_at ? { masterId: row.master_id, electedAt: row.elected_at } : null,
  };
}
