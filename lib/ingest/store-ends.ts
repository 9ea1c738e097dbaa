import type { PoolClient } from 'pg';

import type { MasterEpoch } from '@/lib/domain/cluster';
import type { PollWarning } from '@/lib/domain/snapshot';

import { forgetEvidence, tieEvidence } from './apply-evidence';
import { applyTaskEnds, knownEnds, reversibleOf, standInsOf, twinsOf } from './apply-task-ends';
import { inSlices } from './in-slices';
import { addToLedger } from './ledger';
import type { MarathonKnowledge } from './marathon-context';
import { isReversible } from './plan-revision';
import { createEndPlanner, type EndPlan, type LiveTasks } from './plan-task-ends';
import { sanitize } from './sanitize';
import { storePlan, unstorableWarning } from './store-plan';
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
  /** Whether ends that Postgres takes from nobody are left out, with a warning; else they fail the whole. */
  leavesOut?: boolean;
};

export type StoredEnds = {
  inserted: number;
  revised: number;
  plan: EndPlan;
  /** Rows that stood under the offered ids before. */
  known: ReadonlyMap<string, KnownEnd>;
  /** Rows that stood for offered ids under other ids. */
  stoodAs: ReadonlyMap<string, TaskEnd>;
  /** Offered ids whose rows retention has dropped. */
  dropped: ReadonlySet<string>;
  /** Left out of `plan` and not stored. */
  unstorable: readonly TaskEnd[];
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
  const from = await endsFrom(client, clusterId);
  // A master may offer again what retention has dropped, and the rollups still count it.
  const isDropped = ({ finishedAt }: TaskEnd) => from !== null && finishedAt < from;
  const dropped = new Set(ends.offered.filter(isDropped).map(({ id }) => id));
  const offered = dropped.size === 0 ? ends.offered : ends.offered.filter(({ id }) => !dropped.has(id));
  const known = await knownEnds(
    client,
    clusterId,
    offered.map(({ id }) => id),
  );
  const unknown = offered.filter(({ id, finishedAtKnown }) => finishedAtKnown && !known.has(id));
  const relatives = await relativesOf(client, clusterId, unknown);
  const { plan, add, stoodAs } = createEndPlanner(offered, known, live, relatives);
  await inSlices(offered, add);
  await more(plan);
  const written = ends.leavesOut
    ? await storePlan(client, clusterId, plan, now)
    : { ...(await applyTaskEnds(client, clusterId, plan, now)), unstorable: [] };
  if (epoch) {
    const before = new Map<string, KnownEnd>(known);
    for (const row of relatives) before.set(row.id, row);
    await addToLedger(client, clusterId, epoch, plan, before);
  }
  const warnings = [...unstorableWarning(written.unstorable), ...(await tieToLogs(client, ends, plan))];
  return { ...written, plan, known, stoodAs, dropped, warnings };
}

/** Stored ends that may be the ones offered, under other ids. */
async function relativesOf(
  client: PoolClient,
  clusterId: number,
  unknown: readonly TaskEnd[],
): Promise<TaskEnd[]> {
  const taskIds = unknown.map(({ taskId }) => sanitize(taskId));
  const final = unknown.filter(({ state, firstStatusAt }) => firstStatusAt !== null && !isReversible(state));
  return [
    ...(await standInsOf(client, clusterId, taskIds)),
    ...(await twinsOf(client, clusterId, unknown)),
    ...(await reversibleOf(
      client,
      clusterId,
      final.map(({ taskId }) => sanitize(taskId)),
    )),
  ];
}

/** Ends from before it retention has dropped; null: none. */
async function endsFrom(client: PoolClient, clusterId: number): Promise<Date | null> {
  const { rows } = await client.query<{ ends_from: Date | null }>(
    'SELECT ends_from FROM cluster WHERE id = $1',
    [clusterId],
  );
  return rows[0]?.ends_from ?? null;
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
