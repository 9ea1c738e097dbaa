import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MarathonSnapshot, MasterSnapshot } from '@/lib/domain/snapshot';
import type { TaskState } from '@/lib/domain/task';
import { AppError } from '@/lib/errors';
import { type Lease, takeLease } from '@/lib/ingest/lease';
import { loadMemory } from '@/lib/ingest/memory';

import { type CycleState, newCycleState, pollCycle, type Sources } from './poll-cycle';

const UUID = '0a1b2c3d-0000-11ea-8000-0242ac110002';
const KILLED_AT = new Date(Date.now() - 3_600_000);

let db: TestDatabase;
let lease: Lease;
let state: CycleState;
let clusters = 0;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  clusters += 1;
  await db.pool.query('INSERT INTO cluster (id, name) VALUES ($1, $2)', [clusters, `c${clusters}`]);
  const taken = await takeLease(db.pool, { clusterId: clusters, holder: 'me', ttlMs: 60_000 });
  if (!taken) throw new Error('no lease');
  lease = taken;
  state = newCycleState(await loadMemory(db.pool, clusters));
});

const bare = { message: null, reason: null, source: null, healthy: null, containerId: null };

const master: MasterSnapshot = {
  url: 'http://master.example.test:5050',
  epoch: {
    masterId: 'm-1',
    electedAt: new Date('2026-01-01T00:00:00Z'),
    startedAt: null,
    version: '1.11.0',
    hostname: null,
    clusterName: null,
    ringSize: 1000,
  },
  agents: [],
  frameworks: [{ frameworkId: 'f1', name: 'prod', webuiUrl: null, hostname: null, registered: true }],
  ended: [
    {
      frameworkId: 'f1',
      taskId: `shop_cart.${UUID}`,
      agentId: 'a1',
      executorId: '',
      name: 'cart.shop',
      state: 'TASK_KILLED',
      statuses: [
        { ...bare, state: 'TASK_RUNNING' as TaskState, at: new Date(KILLED_AT.getTime() - 60_000) },
        { ...bare, state: 'TASK_KILLED' as TaskState, at: KILLED_AT },
      ],
      resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
      image: null,
      containerizer: null,
      labels: {},
      list: 'completed_tasks',
    },
  ],
  live: [],
  ringCounts: new Map(),
  unchanged: [],
  wordsOf: new Map(),
  counters: null,
  rejects: { count: 0, samples: [] },
  warnings: [],
  bytes: 1,
  tasksRead: 1,
  complete: true,
};

const marathon: MarathonSnapshot = {
  url: 'http://marathon.example.test:8080',
  frameworkId: 'f1',
  frameworkName: 'prod',
  version: '1.10.26',
  apps: [
    {
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
      hasHealthChecks: false,
      labels: {},
      lastScalingAt: null,
      lastConfigChangeAt: null,
      tasksRunning: 1,
      tasksHealthy: 0,
      tasksUnhealthy: 0,
      tasksStaged: 0,
      lastTaskFailure: null,
      killGraceSeconds: null,
      definition: null,
    },
  ],
  deployments: [],
  queue: [],
  rejects: { count: 0, samples: [] },
  warnings: [],
  bytes: 1,
};

function sources(more: {
  master?: () => Promise<MasterSnapshot>;
  marathon?: () => Promise<MarathonSnapshot>;
}): Sources {
  return {
    master: { read: more.master ?? (() => Promise.resolve(master)) },
    masterUrl: 'http://master.example.test:5050',
    marathons: [
      {
        name: 'marathon:http://marathon.example.test:8080',
        url: 'http://marathon.example.test:8080',
        read: more.marathon ?? (() => Promise.resolve(marathon)),
        readVersions: () => Promise.resolve([new Date(KILLED_AT.getTime() - 20_000).toISOString()]),
      },
    ],
  };
}

const refused = () =>
  Promise.reject(
    new AppError('MARATHON_UNREACHABLE', 'http://marathon.example.test:8080 refused the connection'),
  );

const cycle = (given: Sources) => pollCycle(db.pool, lease, state, given, new AbortController().signal);

async function rows(sql: string) {
  return (await db.pool.query(`${sql} ORDER BY 1`, [lease.clusterId])).rows;
}

const ENDS = 'SELECT state, app_id, disposition, revision FROM task_end WHERE cluster_id = $1';
const RUNS = 'SELECT source, ok, error_code, error_message FROM poll_run WHERE cluster_id = $1';

describe('pollCycle', () => {
  it('explains a kill of the past by the versions Marathon lists, at the first look', async () => {
    await cycle(sources({}));
    expect(await rows(ENDS)).toEqual([
      { state: 'TASK_KILLED', app_id: '/shop/cart', disposition: 'normal', revision: 0 },
    ]);
  });

  it('stores the ends though Marathon is away, and says so', async () => {
    await cycle(sources({ marathon: refused }));
    expect(await rows(ENDS)).toMatchObject([{ state: 'TASK_KILLED', disposition: 'unexplained' }]);
    expect(await rows(RUNS)).toMatchObject([
      { source: 'marathon:http://marathon.example.test:8080', ok: false, error_code: 'MARATHON_UNREACHABLE' },
      { source: 'mesos', ok: true, error_code: null },
    ]);
  });

  it('keeps the apps of a Marathon that fails later for the diagnosis', async () => {
    await cycle(sources({ master: () => Promise.resolve({ ...master, ended: [] }) }));
    await cycle(sources({ marathon: refused }));
    expect(await rows(ENDS)).toMatchObject([{ app_id: '/shop/cart', disposition: 'normal' }]);
  });

  it('records a master that fails, and a bug in reading it, without stopping', async () => {
    await cycle(
      sources({ master: () => Promise.reject(new AppError('MESOS_TIMEOUT', 'no answer in 20 s')) }),
    );
    await cycle(sources({ master: () => Promise.reject(new TypeError('secret detail')) }));
    expect(await rows(`${RUNS} AND source = 'mesos' AND NOT ok`)).toEqual([
      { source: 'mesos', ok: false, error_code: 'MESOS_TIMEOUT', error_message: 'no answer in 20 s' },
      { source: 'mesos', ok: false, error_code: 'INTERNAL', error_message: 'Unexpected error' },
    ]);
    await cycle(sources({}));
    expect(await rows(ENDS)).toHaveLength(1);
  });

  it('stores the ends though what Marathon tells cannot be stored', async () => {
    const odd = {
      deploymentId: 'd',
      version: '',
      affectedApps: [],
      affectedPods: [],
      actions: [],
      totalSteps: null,
    };
    const broken = { ...marathon, deployments: [{ ...odd, currentStep: 1.5 }] };
    await cycle(sources({ marathon: () => Promise.resolve(broken) }));
    expect(await rows(ENDS)).toHaveLength(1);
    expect(await rows(RUNS)).toMatchObject([
      { source: 'marathon:http://marathon.example.test:8080', ok: false, error_code: 'INTERNAL' },
      { source: 'mesos', ok: true },
    ]);
  });

  it('says so in a row when the ends of a master cannot be stored', async () => {
    const broken = { ...master, tasksRead: 0.5 };
    await expect(cycle(sources({ master: () => Promise.resolve(broken) }))).rejects.toThrow();
    expect(await rows(`${RUNS} AND source = 'mesos'`)).toMatchObject([{ ok: false, error_code: 'INTERNAL' }]);
  });

  it('does not wait for a Marathon that hangs, and takes up what it tells in the end', async () => {
    let answer: (told: MarathonSnapshot) => void = () => {};
    const slow = new Promise<MarathonSnapshot>((resolve) => {
      answer = resolve;
    });
    const read = vi.fn(() => slow);
    const given = { ...sources({ marathon: read }), marathonGraceMs: 10 };
    await cycle(given);
    await cycle(given);
    expect(read).toHaveBeenCalledTimes(1);
    expect(await rows(ENDS)).toMatchObject([{ app_id: null, disposition: 'unexplained', revision: 0 }]);
    answer(marathon);
    await cycle({ ...given, marathonGraceMs: 5_000 });
    expect(await rows(ENDS)).toMatchObject([{ app_id: '/shop/cart', disposition: 'normal', revision: 1 }]);
  });
});
