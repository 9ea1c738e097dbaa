import type { PoolClient } from 'pg';

import type { MasterEpoch } from '@/lib/domain/cluster';
import type { PollWarning } from '@/lib/domain/snapshot';

import { forgetEvidence, tieEvidence } from './apply-evidence';
import { applyTaskEnds, knownEnds, standInsOf, twinsOf } from './apply-task-ends';
import { inSlices } from './in-slices';
import { addToLedger } from './ledger';
import type { MarathonKnowledge } from './marathon-context';
import { createEndPlanner, type EndPlan, type LiveTasks } from './plan-task-ends';
import { sanitize } from './sanitize';
import type { KnownEnd, TaskEnd } from './task-end';

export type EndsToStore = {
  clusterId: number;
  /** As `toTaskEnds` made them. */
  offered: readonly TaskEnd[];
  /** What the master lists as alive; empty where that is not known. */
  live: LiveTasks;
  /** Whose counters these ends moved; null: not known, the ledger is left alone. */
  epoch: Pick<MasterEpoch, 'masterId' | 'electedAt'> | null;
  marathons: ReadonlyMap<string, MarathonKnowledge>;
  now: Date;
};

export type StoredEnds = {
  inserted: number;
  revised: number;
  plan: EndPlan;
  /** Rows that stood under the offered ids before. */
  known: ReadonlyMap<string, KnownEnd>;
  warnings: PollWarning[];
};

/**
 * Stores ended tasks, whoever told of them (a poll, the event stream, an agent), in the caller's transaction, which
 * must hold the lease: rows with their rollups, the ledger, and what host logs told of them. Idempotent. `more` adds
 * to the plan before it is written.
 */
export async function storeEnds(
  client: PoolClient,
  ends: EndsToStore,
  more: (plan: EndPlan) => Promise<void> = async () => {},
): Promise<StoredEnds> {
  const { clusterId, live, epoch, now } = ends;
  const offered = await withoutDropped(client, clusterId, ends.offered);
  const known = await knownEnds(
    client,
    clusterId,
    offered.map(({ id }) => id),
  );
  const unknown = offered.filter(({ id, finishedAtKnown }) => finishedAtKnown && !known.has(id));
  const relatives = [
    ...(await standInsOf(
      client,
      clusterId,
      unknown.map(({ taskId }) => sanitize(taskId)),
    )),
    ...(await twinsOf(client, clusterId, unknown)),
  ];
  const { plan, add } = createEndPlanner(offered, known, live, relatives);
  await inSlices(offered, add);
  await more(plan);
  const written = await applyTaskEnds(client, clusterId, plan, now);
  if (epoch) await addToLedger(client, clusterId, epoch, plan, known);
  return { ...written, plan, known, warnings: await tieToLogs(client, ends, plan) };
}

/** Without what retention has dropped already: a master may offer it again, and the rollups still count it. */
async function withoutDropped(
  client: PoolClient,
  clusterId: number,
  offered: readonly TaskEnd[],
): Promise<readonly TaskEnd[]> {
  if (offered.length === 0) return offered;
  const { rows } = await client.query<{ ends_from: Date | null }>(
    'SELECT ends_from FROM cluster WHERE id = $1',
    [clusterId],
  );
  const from = rows[0]?.ends_from ?? null;
  return from === null ? offered : offered.filter(({ finishedAt }) => finishedAt >= from);
}

/**
 * What logs told before: the verdict is right from the first, and one that is revised keeps its evidence. No end is lost
 * for what may go wrong here: then it is stored as its status tells it, and a warning says so.
 */
async function tieToLogs(
  client: PoolClient,
  { clusterId, marathons, now }: EndsToStore,
  { insert, revise }: EndPlan,
): Promise<PollWarning[]> {
  const renamed = revise.filter(({ oldId, end }) => oldId !== end.id);
  const fresh = insert.map(({ id }) => id);
  await client.query('SAVEPOINT evidence');
  try {
    await forgetEvidence(
      client,
      clusterId,
      renamed.map(({ oldId }) => oldId),
    );
    await tieEvidence(client, {
      clusterId,
      signalIds: [],
      endIds: [...fresh, ...revise.map(({ end }) => end.id)],
      freshEndIds: new Set(fresh),
      marathons,
      now,
    });
    return [];
  } catch (thrown) {
    // A session that broke fails here, too, and with it the transaction.
    await client.query('ROLLBACK TO SAVEPOINT evidence');
    const why = thrown instanceof Error ? thrown.message.slice(0, 200) : 'unknown';
    return [
      { code: 'evidence_failed', message: `Host logs could not be held against the new task ends: ${why}` },
    ];
  }
}
