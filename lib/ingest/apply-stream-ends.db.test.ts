import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MarathonApp } from '@/lib/domain/cluster';
import type { LiveTask, MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask, TaskState, TaskStatus } from '@/lib/domain/task';

import { applyMasterSnapshot } from './apply-master-snapshot';
import { lookAgainAtKills } from './apply-second-look';
import { applyStreamEnds, type StreamBatch } from './apply-stream-ends';
import { type Lease, releaseLease, takeLease } from './lease';
import type { MarathonKnowledge } from './marathon-context';
import { killsOf, rememberKill, storeKills, type ToldKill } from './marathon-kills';
import { loadMemory, type Memory } from './memory';
import { isBridged, notePollStored, withoutToldEnded } from './stream-memory';

let db: TestDatabase;
let lease: Lease;
let memory: Memory;
let clusters = 0;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await newCluster();
});

async function newCluster(): Promise<void> {
  clusters += 1;
  await db.pool.query('INSERT INTO cluster (id, name) VALUES ($1, $2)', [clusters, `c${clusters}`]);
  const taken = await takeLease(db.pool, { clusterId: clusters, holder: 'me', ttlMs: 60_000 });
  if (!taken) throw new Error('no lease');
  lease = taken;
  memory = await loadMemory(db.pool, clusters);
}

const UUID = '0a1b2c3d-0000-11ea-8000-0242ac110002';
// Yesterday: what came back is looked for in the last days only.
const DAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const at = (clock: string): Date => new Date(`${DAY}T${clock}Z`);

function status(state: TaskState, clock: string): TaskStatus {
  return {
    state,
    at: at(clock),
    message: null,
    reason: null,
    source: null,
    healthy: null,
    containerId: null,
  };
}

function task(taskId: string, endedAt = '12:00:20', state: TaskState = 'TASK_FAILED'): MesosTask {
  return {
    frameworkId: 'f1',
    taskId,
    agentId: 'a1',
    executorId: '',
    name: taskId,
    state,
    statuses: [status('TASK_RUNNING', '11:00:00'), status(state, endedAt)],
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
  };
}

const CART_APP: MarathonApp = {
  appId: '/shop/cart',
  kind: 'app',
  version: '2026-01-01T00:00:00.000Z',
  instances: 1,
  cpus: 1,
  memMb: 64,
  diskMb: 0,
  image: null,
  cmd: null,
  jvmFlags: [],
  hasHealthChecks: true,
  labels: {},
  lastScalingAt: null,
  lastConfigChangeAt: null,
  tasksRunning: 1,
  tasksHealthy: 1,
  tasksUnhealthy: 0,
  tasksStaged: 0,
  lastTaskFailure: null,
  killGraceSeconds: null,
  definition: {},
};

const alive = (taskId: string): LiveTask => ({
  frameworkId: 'f1',
  taskId,
  agentId: 'a1',
  state: 'TASK_RUNNING',
  firstStatusAt: at('11:00:00'),
  killingSince: null,
});

function snapshot(ended: MesosTask[], live: LiveTask[] = [], ringSize = 1000): MasterSnapshot {
  return {
    url: 'http://master.example.test:5050',
    epoch: {
      masterId: 'm-1',
      electedAt: at('01:00:00'),
      startedAt: at('01:00:00'),
      version: '1.11.0',
      hostname: null,
      clusterName: null,
      ringSize,
    },
    agents: [
      {
        agentId: 'a1',
        hostname: 'node-1.example.test',
        pid: null,
        port: null,
        version: null,
        active: true,
        registeredAt: null,
        reregisteredAt: null,
        cpus: 8,
        memMb: 1,
        diskMb: 1,
        attributes: {},
      },
    ],
    frameworks: [{ frameworkId: 'f1', name: 'marathon', webuiUrl: null, hostname: null, registered: true }],
    ended,
    live,
    ringCounts: new Map([['f1', ended.length]]),
    unchanged: [],
    wordsOf: new Map(),
    counters: null,
    rejects: { count: 0, samples: [] },
    warnings: [],
    bytes: 1,
    tasksRead: ended.length,
    complete: true,
  };
}

/** As a cycle stores it. */
async function poll(given: MasterSnapshot, began: string, stored = began): Promise<void> {
  const startedAt = at(began);
  await applyMasterSnapshot(db.pool, lease, memory, {
    snapshot: withoutToldEnded(memory, given, startedAt),
    marathons: new Map(),
    startedAt,
    now: at(stored),
  });
  notePollStored(memory, { startedAt, complete: given.complete });
}

async function tell(tasks: MesosTask[], toldAt: string, more: Partial<StreamBatch> = {}) {
  const isSinceOpened = !isBridged(memory);
  return await applyStreamEnds(db.pool, lease, memory, {
    ends: tasks.map((one) => ({ task: one, toldAt: at(toldAt), isSinceOpened })),
    marathons: new Map(),
    hostnames: new Map(),
    frameworkNames: new Map(),
    now: at(toldAt),
    ...more,
  });
}

const rows = async (sql: string) => (await db.pool.query(sql, [lease.clusterId])).rows;
const ends = () =>
  rows('SELECT task_id, state, host, revision, reopened_at FROM task_end WHERE cluster_id = $1 ORDER BY 1');
const taskSeconds = () =>
  rows(
    'SELECT kind, subject, hour, task_seconds FROM exposure_hour WHERE cluster_id = $1 ORDER BY kind, subject, hour',
  );

describe('applyStreamEnds', () => {
  it('stores each end once, whoever tells it first, with whatever memory', async () => {
    await poll(snapshot([]), '12:00:00');
    await db.pool.query(
      `INSERT INTO ledger (cluster_id, master_id, elected_at, state, base, counted, first_read_at, last_read_at)
       VALUES ($1, 'm-1', $2, 'TASK_FAILED', 0, 0, $2, $2) ON CONFLICT DO NOTHING`,
      [lease.clusterId, at('01:00:00')],
    );
    expect(await tell([task('t1'), task('t2')], '12:00:21')).toEqual({
      inserted: 2,
      revised: 0,
      failures: 2,
    });
    expect(await tell([task('t1')], '12:00:22')).toMatchObject({ inserted: 0, revised: 0 });
    await poll(snapshot([task('t1'), task('t2'), task('t3')]), '12:00:30');
    // A collector that was killed knows nothing of all that.
    memory = await loadMemory(db.pool, lease.clusterId);
    await poll(snapshot([task('t1'), task('t2'), task('t3')]), '12:01:00');
    await tell([task('t3')], '12:01:01');
    expect((await ends()).map(({ task_id, revision }) => [task_id, revision])).toEqual([
      ['t1', 0],
      ['t2', 0],
      ['t3', 0],
    ]);
    const [ledger] = await rows(
      `SELECT stored::int FROM ledger WHERE cluster_id = $1 AND state = 'TASK_FAILED'`,
    );
    expect(ledger).toEqual({ stored: 3 });
    const [counted] = await rows('SELECT sum(ends)::int AS ends FROM rollup_hour WHERE cluster_id = $1');
    expect(counted).toEqual({ ends: 3 });
  });

  it('task-hours are the same with the stream and without it', async () => {
    const both = [alive('t1'), alive('t2')];
    await poll(snapshot([], both), '12:00:00');
    await poll(snapshot([task('t1')], [alive('t2')]), '12:00:25', '12:00:30');
    await poll(snapshot([task('t1')], [alive('t2')]), '12:01:00');
    const without = await taskSeconds();
    expect(without.length).toBeGreaterThan(0);

    await newCluster();
    await poll(snapshot([], both), '12:00:00');
    await tell([task('t1')], '12:00:21');
    // Read before the end, stored after it.
    await poll(snapshot([], both), '12:00:15', '12:00:30');
    await poll(snapshot([task('t1')], [alive('t2')]), '12:01:00');
    expect(await taskSeconds()).toEqual(without);
  });

  it('an agent that was lost is not called back by a poll that was read before', async () => {
    const lost = task('t1', '12:00:20', 'TASK_UNREACHABLE');
    await poll(snapshot([], [alive('t1')]), '12:00:00');
    await tell([lost], '12:00:21');
    await poll(snapshot([], [alive('t1')]), '12:00:18', '12:00:24');
    expect(await ends()).toMatchObject([{ task_id: 't1', reopened_at: null }]);
    await poll(snapshot([lost]), '12:00:30');
    expect(await ends()).toMatchObject([{ task_id: 't1', reopened_at: null }]);
    await poll(snapshot([], [alive('t1')]), '12:01:00');
    expect(await ends()).toMatchObject([{ task_id: 't1', reopened_at: at('12:01:00') }]);
  });

  describe('a ring that turned over', () => {
    const before = ['a', 'b', 'c'].map((id) => task(id, '11:59:00'));
    const after = ['x', 'y', 'z'].map((id) => task(id, '12:00:22'));
    const gaps = () => rows('SELECT kind, framework_id FROM gap WHERE cluster_id = $1');

    it('while the stream was closed is a gap, though the stream stored all that it holds now', async () => {
      await poll(snapshot(before, [], 3), '12:00:00');
      memory.streamOpenedAt = at('12:00:20');
      await tell(after, '12:00:23');
      // Begun before the stream was opened: it does not close the hole.
      await poll(snapshot(before, [], 3), '12:00:10', '12:00:24');
      expect(memory.streamOpenedAt).toEqual(at('12:00:20'));
      await poll(snapshot(after, [], 3), '12:00:25');
      expect(await gaps()).toEqual([{ kind: 'ring_overrun', framework_id: 'f1' }]);
      expect([memory.streamOpenedAt, memory.sinceOpened.size]).toEqual([null, 0]);
    });

    it('before a poll came for an end that only a poll can store is a gap, whatever the stream told after it', async () => {
      await poll(snapshot(before, [], 3), '12:00:00');
      memory.streamLeftAt = at('12:00:21');
      await tell(after, '12:00:23');
      await poll(snapshot(after, [], 3), '12:00:25');
      expect(await gaps()).toEqual([{ kind: 'ring_overrun', framework_id: 'f1' }]);
      expect([isBridged(memory), memory.sinceOpened.size]).toEqual([true, 0]);
    });

    it('while the stream was open is none', async () => {
      await poll(snapshot(before, [], 3), '12:00:00');
      await tell(after, '12:00:23');
      await poll(snapshot(after, [], 3), '12:00:25');
      expect(await gaps()).toEqual([]);
    });
  });

  it('tells the host and the framework by what the stream told, before any poll saw them', async () => {
    await poll(snapshot([]), '12:00:00');
    await tell([{ ...task('t1'), agentId: 'a9', frameworkId: 'f9' }], '12:00:21', {
      hostnames: new Map([['a9', 'node-9.example.test']]),
      frameworkNames: new Map([['f9', 'batch']]),
    });
    const [end] = await rows('SELECT host, hostname, framework_name FROM task_end WHERE cluster_id = $1');
    expect(end).toEqual({
      host: 'node-9.example.test',
      hostname: 'node-9.example.test',
      framework_name: 'batch',
    });
  });

  it('stores nothing once the lease is another’s', async () => {
    await releaseLease(db.pool, lease);
    await takeLease(db.pool, { clusterId: lease.clusterId, holder: 'other', ttlMs: 60_000 });
    await expect(tell([task('t1')], '12:00:21')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await ends()).toEqual([]);
    expect(memory.toldEnded.size).toBe(0);
  });
});

describe('what Marathon tells of kills', () => {
  const CART = `shop_cart.${UUID}`;
  const kill: ToldKill = {
    frameworkId: 'f1',
    taskId: CART,
    appId: '/shop/cart',
    at: at('12:00:15'),
    reason: '503',
  };
  const knowledge = (more: Partial<MarathonKnowledge> = {}): MarathonKnowledge => ({
    frameworkId: 'f1',
    apps: new Map([['/shop/cart', CART_APP]]),
    deployments: [],
    versions: new Map(),
    ...more,
  });
  const verdicts = () =>
    rows(
      'SELECT cause, disposition, proof, summary, deployment_id, revision FROM task_end WHERE cluster_id = $1',
    );

  it('a kill that it announced is proven at once, and after a restart', async () => {
    await poll(snapshot([]), '12:00:00');
    rememberKill(memory.kills, kill);
    const marathons = new Map([['f1', knowledge({ kills: killsOf(memory.kills, 'f1') })]]);
    await tell([task(CART, '12:00:20', 'TASK_KILLED')], '12:00:21', { marathons });
    const [verdict] = await verdicts();
    expect(verdict).toMatchObject({ cause: 'killed_unhealthy', disposition: 'failure', proof: 'proven' });
    expect(verdict.summary).toContain('(503)');

    const recent = { ...kill, at: new Date() };
    await storeKills(db.pool, lease, [recent, kill]);
    await storeKills(db.pool, lease, [recent]);
    const { kills } = await loadMemory(db.pool, lease.clusterId);
    expect(kills.get('f1')?.get(CART)).toEqual({ at: recent.at, reason: '503' });
    expect(await rows('SELECT 1 FROM marathon_kill WHERE cluster_id = $1')).toHaveLength(2);
  });

  it('a kill that stood unexplained is looked at again once more is known, and others are left alone', async () => {
    await poll(snapshot([]), '12:00:00');
    const marathons = new Map([['f1', knowledge()]]);
    await tell([task(CART, '12:00:20', 'TASK_KILLED')], '12:00:21', { marathons });
    expect(await verdicts()).toMatchObject([{ disposition: 'unexplained', revision: 0 }]);
    expect(await lookAgainAtKills(db.pool, lease, knowledge(), at('12:00:22'))).toBe(0);

    const deployment = {
      deploymentId: 'd1',
      frameworkId: 'f1',
      version: at('12:00:10').toISOString(),
      affectedApps: ['/shop/cart'],
      actions: [{ action: 'RestartApplication', target: '/shop/cart' }],
      firstSeenAt: at('12:00:23'),
      endedAt: null,
    };
    const deployed = knowledge({ deployments: [deployment] });
    expect(await lookAgainAtKills(db.pool, lease, deployed, at('12:20:00'))).toBe(0);
    expect(await lookAgainAtKills(db.pool, lease, deployed, at('12:00:24'))).toBe(1);
    expect(await lookAgainAtKills(db.pool, lease, deployed, at('12:00:25'))).toBe(0);
    expect(await verdicts()).toMatchObject([
      { cause: 'killed_by_deploy_or_scale', disposition: 'normal', deployment_id: 'd1', revision: 1 },
    ]);
    // The next poll has nothing to add.
    await poll(snapshot([task(CART, '12:00:20', 'TASK_KILLED')]), '12:00:30');
    expect(await verdicts()).toMatchObject([{ deployment_id: 'd1', revision: 1 }]);
  });
});
