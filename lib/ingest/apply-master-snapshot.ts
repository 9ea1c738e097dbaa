import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import type { SeenEnd } from '@/lib/domain/seen-ends';
import type { MasterSnapshot } from '@/lib/domain/snapshot';

import { agentRows, listNotBack, markAgentsGone, upsertAgents, upsertFrameworks } from './apply-agents';
import { addExposure } from './apply-exposure';
import { applyStuckKills } from './apply-stuck-kills';
import { endsAhead } from './ends-ahead';
import { planExposureInSlices, toTaskEndsInSlices } from './ends-in-slices';
import { liveKey } from './identity';
import { inSlices } from './in-slices';
import { assertLease, type Lease } from './lease';
import { lifeOf, openLedger, readIntoLedger } from './ledger';
import { appIdOf, type MarathonKnowledge } from './marathon-context';
import { forgetEnds, type Memory, seenKey } from './memory';
import type { Lifetime } from './plan-exposure';
import { type Gap, planGaps, planNotBack } from './plan-gaps';
import { type EndPlan, type LiveTasks, livesOn } from './plan-task-ends';
import { insertPollRun } from './poll-run';
import { ringSights } from './ring-sights';
import { sanitize } from './sanitize';
import { storeEnds } from './store-ends';
import type { TaskEnd } from './task-end';
import { changedRowsInSlices } from './written-rows';

/** How long an end that Marathon may yet explain, or tell the message of, is looked at anew at every poll. */
const LOOK_AGAIN_MS = 15 * 60_000;

export type MasterPoll = {
  snapshot: MasterSnapshot;
  marathons: ReadonlyMap<string, MarathonKnowledge>;
  startedAt: Date;
  now: Date;
};

export type MasterApplied = {
  inserted: number;
  revised: number;
  gaps: number;
};

/**
 * Writes everything one poll of the master told, in one transaction under the lease: agents, frameworks, new
 * and changed task ends with their rollup, task-hours, gaps, the epoch and the poll_run row. Either all of it
 * is stored or nothing; the master still has it then, and the next poll offers it again.
 * Throws LEASE_LOST; database errors propagate.
 */
export async function applyMasterSnapshot(
  pool: Pool,
  lease: Lease,
  memory: Memory,
  poll: MasterPoll,
): Promise<MasterApplied> {
  const { snapshot, marathons, now } = poll;
  const { clusterId } = lease;
  const newAgents = new Set(
    snapshot.agents.map(({ agentId }) => agentId).filter((agentId) => !memory.hostnames.has(agentId)),
  );
  // Their ends were stored without a host: a cut state had told the tasks and not the agents.
  if (newAgents.size > 0) forgetEnds(memory, ({ agentId }) => newAgents.has(agentId));
  for (const agent of snapshot.agents) memory.hostnames.set(agent.agentId, agent.hostname);
  for (const framework of snapshot.frameworks)
    memory.frameworkNames.set(framework.frameworkId, framework.name);
  const offered = await toTaskEndsInSlices(snapshot.ended, {
    clusterId,
    now,
    hostnames: memory.hostnames,
    frameworkNames: memory.frameworkNames,
    marathons,
  });
  const idByKey = new Map<string, string>();
  await inSlices(offered, (end) => void idByKey.set(keyOf(end), end.id));
  const agents = await changedRowsInSlices(memory.agentRows, agentRows(clusterId, snapshot), {
    keyOf: (row) => row.agent_id,
    now,
    keepUnlisted: !snapshot.complete,
  });

  const applied = await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    const before = await readCluster(client, clusterId);
    await upsertFrameworks(client, clusterId, snapshot, now);
    await upsertAgents(client, agents.changed, now);
    const notBack = snapshot.complete ? await listNotBack(client, clusterId, snapshot) : [];
    if (snapshot.complete) await markAgentsGone(client, clusterId, snapshot, now);
    const life = lifeOf(snapshot);
    if (life) await openLedger(client, clusterId, life, before.epoch, now);
    const reversible = await reversibleEnds(client, clusterId);
    const live = await liveAmong(snapshot, [...offered, ...reversible]);
    const written = await storeEnds(
      client,
      { clusterId, offered, live, epoch: life, marathons, now, leavesOut: true },
      async (plan) => {
        plan.reopen.push(...cameBack(reversible, live, plan));
      },
    );
    const { plan, known, dropped, stoodAs } = written;
    const isStored = (key: string) => {
      const id = idByKey.get(key) ?? '';
      const other = stoodAs.get(id);
      return (
        known.has(id) || dropped.has(id) || (other !== undefined && !memory.sinceOpened.has(keyOf(other)))
      );
    };
    if (life && snapshot.complete) {
      const inserted = new Map(plan.insert.map((end) => [keyOf(end), end.state]));
      const ahead = endsAhead(snapshot, memory, inserted, poll.startedAt);
      await readIntoLedger(client, clusterId, life, snapshot, ahead, now);
    }
    await addExposure(
      client,
      clusterId,
      await planExposureInSlices(lifetimes(poll, memory, plan.insert), before.lastPolledAt, now),
      now,
    );
    const gaps = planGaps({
      lastPolledAt: before.lastPollBeganAt,
      streamAliveAt: memory.streamAliveAt,
      previousEpoch: before.epoch,
      // Of a cut state the epoch may be a stand-in. A ring that is full was read whole all the same, and must be
      // judged now: what is stored of it here would be known to the next poll.
      epoch: snapshot.complete ? snapshot.epoch : (before.epoch ?? snapshot.epoch),
      ringSize: snapshot.complete ? snapshot.epoch.ringSize : (before.ringSize ?? snapshot.epoch.ringSize),
      rings: ringSights(snapshot, memory, isStored),
      now,
    });
    gaps.push(...planNotBack(notBack, snapshot.epoch, now));
    await insertGaps(client, clusterId, gaps);
    await applyStuckKills(client, clusterId, poll, memory);
    await updateCluster(client, clusterId, snapshot, now);
    await insertPollRun(client, {
      clusterId,
      source: 'mesos',
      startedAt: poll.startedAt,
      finishedAt: now,
      url: snapshot.url,
      ok: true,
      bytes: snapshot.bytes,
      tasksRead: snapshot.tasksRead,
      endsNew: written.inserted,
      endsRevised: written.revised,
      rejects: snapshot.rejects,
      warnings: [...snapshot.warnings, ...written.warnings],
    });
    const { inserted, revised, unstorable } = written;
    return { inserted, revised, gaps: gaps.length, unstorable };
  });

  // Only what is stored may be skipped next time.
  memory.seen = seenNow(snapshot, offered, applied.unstorable, now);
  memory.agentRows = agents.written;
  return applied;
}

/** A fresh kill whose deployment, or failure whose message, a Marathon may tell a poll later than its master. */
function mayLearnMore(end: TaskEnd, now: Date): boolean {
  if (end.finishedAt.getTime() <= now.getTime() - LOOK_AGAIN_MS) return false;
  const isMute = end.appId !== null && end.message === null && end.disposition === 'failure';
  return end.disposition === 'unexplained' || isMute;
}

/** What may be passed over at the next poll where its words are the same. */
function seenNow(
  { ended, unchanged, wordsOf }: MasterSnapshot,
  offered: readonly TaskEnd[],
  unstorable: readonly TaskEnd[],
  now: Date,
) {
  const again = new Set([...offered.filter((end) => mayLearnMore(end, now)), ...unstorable].map(keyOf));
  const seen = new Map<string, SeenEnd>();
  for (const end of unchanged) for (const words of end.words) seen.set(words, end);
  for (const task of ended) {
    const words = wordsOf.get(task) ?? [];
    const key = seenKey(task);
    if (words.length === 0 || again.has(key)) continue;
    const { frameworkId, agentId, list, statuses } = task;
    const [firstStatusAt, finishedAt] = [statuses[0]?.at ?? null, statuses.at(-1)?.at ?? null];
    const end = { key, frameworkId, agentId, list, firstStatusAt, finishedAt, words };
    for (const one of words) seen.set(one, end);
  }
  return seen;
}

function keyOf(end: TaskEnd): string {
  return seenKey({ ...end, statuses: [{ at: end.firstStatusAt }] });
}

/** Of the tasks that live, those that may be one of `ends`: a key for each of 200,000 would cost a second. */
async function liveAmong(
  { live }: MasterSnapshot,
  ends: readonly { taskId: string }[],
): Promise<Map<string, Date | null>> {
  const wanted = new Set(ends.map(({ taskId }) => taskId));
  const found = new Map<string, Date | null>();
  if (wanted.size === 0) return found;
  await inSlices(live, (task) => {
    if (wanted.has(task.taskId)) found.set(liveKey(task), task.firstStatusAt);
  });
  return found;
}

function* lifetimes(
  { snapshot, marathons, now }: MasterPoll,
  memory: Memory,
  inserted: readonly TaskEnd[],
): Generator<Lifetime> {
  // A cut /state does not list all that live: they are credited by the next whole poll.
  for (const task of snapshot.complete ? snapshot.live : []) {
    yield {
      host: memory.hostnames.get(task.agentId) ?? task.agentId,
      appId: appIdOf({
        taskId: task.taskId,
        frameworkId: task.frameworkId,
        frameworkName: memory.frameworkNames.get(task.frameworkId) ?? null,
        watched: (frameworkId) => marathons.has(frameworkId),
      }),
      from: task.firstStatusAt,
      to: now,
    };
  }
  for (const end of inserted)
    yield { host: end.host, appId: end.appId, from: end.startedAt, to: end.finishedAt };
}

type ReversibleEnd = Pick<
  TaskEnd,
  'id' | 'finishedAt' | 'firstStatusAt' | 'frameworkId' | 'taskId' | 'agentId'
>;

/** Stored ends that the master may take back. */
async function reversibleEnds(client: PoolClient, clusterId: number): Promise<ReversibleEnd[]> {
  const { rows } = await client.query<ReversibleEnd>(
    `SELECT id, finished_at AS "finishedAt", first_status_at AS "firstStatusAt", framework_id AS "frameworkId",
            task_id AS "taskId", agent_id AS "agentId"
     FROM task_end
     WHERE cluster_id = $1 AND finished_at > now() - interval '15 days' AND reopened_at IS NULL
       AND state IN ('TASK_LOST', 'TASK_UNREACHABLE', 'TASK_DROPPED', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR')`,
    [clusterId],
  );
  return rows;
}

/** Those whose task the master lists as alive: since Mesos 1.10 their completed entry is gone by then. */
function cameBack(reversible: readonly ReversibleEnd[], live: LiveTasks, planned: EndPlan): ReversibleEnd[] {
  // A row that is revised has a newer word than that of its task's return.
  const already = new Set([
    ...planned.reopen.map(({ id }) => id),
    ...planned.revise.map(({ oldId }) => oldId),
  ]);
  return reversible.filter((row) => livesOn(live, row) && !already.has(row.id));
}

async function readCluster(client: PoolClient, clusterId: number) {
  const { rows } = await client.query<{
    last_polled_at: Date | null;
    began_at: Date | null;
    master_id: string | null;
    elected_at: Date | null;
    ring_size: number | null;
  }>(
    `SELECT last_polled_at, master_id, elected_at, ring_size,
            (SELECT min(started_at) FROM poll_run
             WHERE cluster_id = $1 AND source = 'mesos' AND ok AND finished_at = last_polled_at) AS began_at
     FROM cluster WHERE id = $1`,
    [clusterId],
  );
  const row = rows[0];
  return {
    lastPolledAt: row?.last_polled_at ?? null,
    /** A large state takes seconds to read: what ended meanwhile may not be in it. */
    lastPollBeganAt: row?.began_at ?? row?.last_polled_at ?? null,
    ringSize: row?.ring_size ?? null,
    epoch: row?.master_id && row.elected_at ? { masterId: row.master_id, electedAt: row.elected_at } : null,
  };
}

async function updateCluster(
  client: PoolClient,
  clusterId: number,
  { epoch, url, counters, complete }: MasterSnapshot,
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE cluster SET
       first_polled_at = CASE WHEN $8 THEN coalesce(first_polled_at, $2) ELSE first_polled_at END,
       last_polled_at = CASE WHEN $8 THEN $2 ELSE last_polled_at END,
       -- A cut state may not have told them: what the last whole one said stands.
       master_id = CASE WHEN $8 THEN $3 ELSE master_id END,
       master_version = CASE WHEN $8 THEN $4 ELSE master_version END,
       elected_at = CASE WHEN $8 THEN $6 ELSE elected_at END,
       ring_size = CASE WHEN $8 THEN $7 ELSE ring_size END,
       master_url = $5,
       counters = coalesce($9::jsonb, counters)
     WHERE id = $1`,
    [
      clusterId,
      now,
      sanitize(epoch.masterId),
      sanitize(epoch.version),
      url,
      epoch.electedAt,
      epoch.ringSize,
      complete,
      counters === null ? null : JSON.stringify(sanitize(counters)),
    ],
  );
}

async function insertGaps(client: PoolClient, clusterId: number, gaps: readonly Gap[]): Promise<void> {
  for (const gap of gaps) {
    await client.query(
      `INSERT INTO gap (cluster_id, framework_id, kind, from_at, to_at, detail)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [clusterId, gap.frameworkId, gap.kind, gap.from, gap.to, sanitize(gap.detail)],
    );
  }
}
