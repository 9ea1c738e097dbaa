import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import { applyMasterSnapshot } from '@/lib/ingest/apply-master-snapshot';
import { type Lease, takeLease } from '@/lib/ingest/lease';
import { loadMemory } from '@/lib/ingest/memory';
import { createAgentGate } from '@/lib/mesos/agent-gate';
import { createAgentReader } from '@/lib/mesos/read-agent';
import { routes, startTestServer, status } from '@/lib/upstream/test-server';

import { type CycleState, newCycleState } from './poll-cycle';
import { createRefill } from './refill';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const NOW = Date.now();
const at = (seconds: number): Date => new Date(NOW + seconds * 1000);
const stamp = (seconds: number): number => at(seconds).getTime() / 1000;

/** As an agent of 1.11 writes a task of its history. */
function task(id: string, seconds: number, more: Record<string, unknown> = {}) {
  return {
    id,
    name: id,
    framework_id: 'f1',
    executor_id: '',
    slave_id: 'a1',
    state: 'TASK_FAILED',
    resources: { cpus: 0.1, mem: 32, disk: 0, gpus: 0 },
    role: '*',
    statuses: [
      {
        state: 'TASK_RUNNING',
        timestamp: stamp(-3600),
        container_status: { container_id: { value: `c-${id}` } },
      },
      { state: 'TASK_FAILED', timestamp: stamp(seconds) },
    ],
    ...more,
  };
}

function executor(id: string, tasks: unknown[], completed: unknown[]) {
  return {
    id,
    name: '',
    source: id,
    container: `c-${id}`,
    directory: `/var/lib/mesos/${id}`,
    resources: { cpus: 0.1 },
    tasks,
    queued_tasks: [{ id: 'queued', slave_id: 'a1' }],
    completed_tasks: completed,
  };
}

/** An agent on which t1 to t4 ended in the gap, in all the places where an agent keeps ended tasks. */
const HISTORY = {
  id: 'a1',
  frameworks: [
    {
      id: 'f1',
      name: 'marathon',
      executors: [
        executor('e1', [task('t1', -60), task('lives', 0, { state: 'TASK_RUNNING', statuses: [] })], []),
        executor('e2', [], [task('t2', -61)]),
      ],
      completed_executors: [executor('e3', [], [task('t3', -62), task('long-ago', -86_400), { id: 7 }])],
    },
  ],
  completed_frameworks: [
    {
      id: 'f2',
      name: 'batch',
      executors: [],
      completed_executors: [
        executor(
          'e4',
          [],
          [task('t4', -63, { framework_id: 'f2' }), task('not-its-own', -63, { slave_id: 'a9' })],
        ),
      ],
    },
  ],
};

async function agentServer(listener: RequestListener): Promise<string> {
  const server = await startTestServer(listener);
  closers.push(server.close);
  return server.host;
}

type Watch = { lease: Lease; state: CycleState };

function snapshot(masterId: string, electedAt: Date, hosts: readonly string[]): MasterSnapshot {
  return {
    url: 'http://master.example.test:5050',
    epoch: {
      masterId,
      electedAt,
      startedAt: electedAt,
      version: '1.11.0',
      hostname: null,
      clusterName: null,
      ringSize: 1000,
    },
    agents: hosts.map((host, index) => ({
      agentId: `a${index + 1}`,
      hostname: `node-${index + 1}.example.test`,
      pid: `slave(1)@${host}`,
      port: 5051,
      version: '1.11.0',
      active: true,
      registeredAt: at(-7200),
      reregisteredAt: null,
      cpus: 8,
      memMb: 1024,
      diskMb: 1024,
      attributes: {},
    })),
    frameworks: [],
    ended: [],
    unchanged: [],
    wordsOf: new Map(),
    live: [],
    ringCounts: new Map(),
    counters: { 'master/tasks_failed': 0 },
    countersBefore: { 'master/tasks_failed': 0 },
    rejects: { count: 0, samples: [] },
    warnings: [],
    bytes: 1,
    tasksRead: 0,
    complete: true,
  };
}

/** A cluster that was polled two minutes ago, failed over 30 s ago, and was polled since. */
async function failedOver(hosts: readonly string[]): Promise<Watch> {
  const { rows } = await db.pool.query<{ id: number }>(
    'INSERT INTO cluster (name) VALUES (gen_random_uuid()::text) RETURNING id',
  );
  const clusterId = rows[0]?.id ?? 0;
  const lease = await takeLease(db.pool, { clusterId, holder: 'me', ttlMs: 600_000 });
  if (!lease) throw new Error('no lease');
  const state = newCycleState(await loadMemory(db.pool, clusterId));
  for (const [given, seconds] of [
    [snapshot('m-1', at(-7200), hosts), -120],
    [snapshot('m-2', at(-30), hosts), -10],
  ] as const) {
    await applyMasterSnapshot(db.pool, lease, state.memory, {
      snapshot: given,
      marathons: new Map(),
      startedAt: at(seconds),
      now: at(seconds),
    });
  }
  return { lease, state };
}

function collector({ lease, state }: Watch, roundPauseMs = 20) {
  const gate = createAgentGate();
  const reader = createAgentReader({ credentials: null, timeoutMs: 2_000, ca: null, gate });
  // The gate would leave an agent alone for a minute.
  const refill = createRefill({
    pool: db.pool,
    reader: { readEnded: (...args) => reader.readEnded(...args) },
    roundPauseMs,
  });
  closers.push(() => refill.rest(), reader.close);
  return {
    ...refill,
    turn() {
      refill.adopt(lease, state);
      refill.lead(lease);
    },
  };
}

async function gapOf({ lease }: Watch) {
  const { rows } = await db.pool.query<{
    agents_asked: number | null;
    agents_answered: number | null;
    refilled: number | null;
    refilled_at: Date | null;
  }>(
    `SELECT agents_asked, agents_answered, refilled, refilled_at FROM gap
     WHERE cluster_id = $1 AND kind = 'master_failover'`,
    [lease.clusterId],
  );
  return rows[0];
}

async function untilRefilled(watch: Watch) {
  for (;;) {
    const gap = await gapOf(watch);
    if (gap?.refilled_at) return gap;
    await sleep(20);
  }
}

async function storedTasks({ lease }: Watch): Promise<string[]> {
  const { rows } = await db.pool.query<{ task_id: string }>(
    'SELECT task_id FROM task_end WHERE cluster_id = $1 ORDER BY task_id',
    [lease.clusterId],
  );
  return rows.map((row) => row.task_id);
}

describe('refill', () => {
  it('stores what the agents remember of the gap, once, with its task-hours, and says so on the gap', async () => {
    const watch = await failedOver([await agentServer(routes({ '/slave(1)/state': HISTORY }))]);
    const refill = collector(watch);
    refill.turn();
    expect(await untilRefilled(watch)).toMatchObject({ agents_asked: 1, agents_answered: 1, refilled: 4 });
    expect(await storedTasks(watch)).toEqual(['t1', 't2', 't3', 't4']);
    const hours = await db.pool.query(
      `SELECT sum(task_seconds)::float8 AS seconds FROM exposure_hour WHERE cluster_id = $1 AND kind = 'host'`,
      [watch.lease.clusterId],
    );
    // From the poll two minutes ago to their ends a minute ago.
    expect(hours.rows[0].seconds).toBeCloseTo(60 + 59 + 58 + 57, 0);
    const rows = await db.pool.query(`SELECT DISTINCT host, message FROM task_end WHERE cluster_id = $1`, [
      watch.lease.clusterId,
    ]);
    expect(rows.rows).toEqual([{ host: 'node-1.example.test', message: null }]);
    // Done is done.
    refill.turn();
    await refill.rest();
    expect(await gapOf(watch)).toMatchObject({ refilled: 4 });
  });

  it('says how many agents answered, and asks the others again', async () => {
    let asked = 0;
    const late: RequestListener = (request, response) => {
      asked += 1;
      return asked < 2
        ? status(400)(request, response)
        : routes({ '/slave(1)/state': HISTORY })(request, response);
    };
    const watch = await failedOver([await agentServer(late), await agentServer(status(400))]);
    collector(watch).turn();
    expect(await untilRefilled(watch)).toMatchObject({ agents_asked: 2, agents_answered: 1, refilled: 4 });
  });

  it('keeps what a broken answer told before it broke', async () => {
    const text = JSON.stringify(HISTORY);
    const broken: RequestListener = (_request, response) => {
      response.setHeader('content-length', text.length);
      response.write(text.slice(0, text.indexOf('completed_executors')), () => response.destroy());
    };
    const watch = await failedOver([await agentServer(broken)]);
    collector(watch).turn();
    expect(await untilRefilled(watch)).toMatchObject({ agents_answered: 0, refilled: 2 });
  });

  it('is done again by the next collector where one died over it, and doubles nothing', async () => {
    let answer = true;
    const once: RequestListener = (request, response) => {
      if (answer) return routes({ '/slave(1)/state': HISTORY })(request, response);
    };
    const hangs: RequestListener = () => {};
    const hosts = [await agentServer(once), await agentServer(hangs)];
    const watch = await failedOver(hosts);
    const first = collector(watch);
    first.turn();
    while ((await storedTasks(watch)).length < 4) await sleep(20);
    await first.rest();
    expect(await gapOf(watch)).toMatchObject({ refilled: 4, refilled_at: null });

    const next = { ...watch, state: newCycleState(await loadMemory(db.pool, watch.lease.clusterId)) };
    collector(next).turn();
    expect(await untilRefilled(next)).toMatchObject({ agents_asked: 2, agents_answered: 1, refilled: 4 });
    expect(await storedTasks(watch)).toHaveLength(4);
    answer = false;
  });

  it('does not store an end again that the master told with another first status', async () => {
    const watch = await failedOver([await agentServer(routes({ '/slave(1)/state': HISTORY }))]);
    const status = (state: 'TASK_FAILED' | 'TASK_STARTING', seconds: number) => ({
      state,
      at: at(seconds),
      message: null,
      reason: null,
      source: null,
      healthy: null,
      containerId: null,
    });
    const told = snapshot('m-2', at(-30), []);
    told.ended.push({
      frameworkId: 'f1',
      taskId: 't1',
      agentId: 'a1',
      executorId: '',
      name: 't1',
      state: 'TASK_FAILED',
      statuses: [status('TASK_STARTING', -3601), status('TASK_FAILED', -60)],
      resources: { cpus: null, memMb: null, diskMb: null, gpus: null },
      image: null,
      containerizer: null,
      labels: {},
      list: 'completed_tasks',
    });
    await applyMasterSnapshot(db.pool, watch.lease, watch.state.memory, {
      snapshot: { ...told, complete: false },
      marathons: new Map(),
      startedAt: at(-5),
      now: at(-5),
    });
    collector(watch).turn();
    expect(await untilRefilled(watch)).toMatchObject({ refilled: 3 });
    expect(await storedTasks(watch)).toEqual(['t1', 't2', 't3', 't4']);
  });

  it('leaves the ledger of the new master alone: it counted none of them', async () => {
    const watch = await failedOver([await agentServer(routes({ '/slave(1)/state': HISTORY }))]);
    collector(watch).turn();
    await untilRefilled(watch);
    const { rows } = await db.pool.query(
      `SELECT sum(stored)::int AS stored, sum(escaped)::int AS escaped FROM ledger
       WHERE cluster_id = $1 AND master_id = 'm-2'`,
      [watch.lease.clusterId],
    );
    expect(rows).toEqual([{ stored: 0, escaped: 0 }]);
  });

  it('writes nothing once the lease is another collector’s', async () => {
    const watch = await failedOver([await agentServer(routes({ '/slave(1)/state': HISTORY }))]);
    await db.pool.query('UPDATE lease SET token = token + 1 WHERE cluster_id = $1', [watch.lease.clusterId]);
    const refill = collector(watch);
    refill.turn();
    await sleep(300);
    await refill.rest();
    expect(await storedTasks(watch)).toEqual([]);
    expect(await gapOf(watch)).toMatchObject({ refilled_at: null });
  });
});
