import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import { storeLogLines } from '@/lib/ingest/apply-log-lines';
import { takeLease } from '@/lib/ingest/lease';

import { newHolder } from './holder';
import { type LoopOptions, runLoop } from './loop';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

let stop: AbortController;
let loops: Promise<void>[];
beforeEach(async () => {
  stop = new AbortController();
  loops = [];
  await db.pool.query(
    'TRUNCATE task_end, rollup_hour, log_signal, evidence, log_input, log_open_block, lease, agent, cluster, framework CASCADE',
  );
});
afterEach(async () => {
  stop.abort();
  await Promise.all(loops);
});

const now = new Date();
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const bare = { message: null, reason: null, source: null, healthy: null, containerId: null };
const CONTAINER = '10e47946-4c54-4d64-9276-0ce94af31d44';

const snapshot: MasterSnapshot = {
  url: 'http://master.example.test:5050',
  epoch: {
    masterId: 'm-1',
    electedAt: ago(9_000),
    startedAt: null,
    version: '1.11.0',
    hostname: null,
    clusterName: null,
    ringSize: 1_000,
  },
  agents: [
    {
      agentId: 'a1',
      hostname: 'node-1.example.test',
      pid: 'slave(1)@10.0.0.1:5051',
      port: 5051,
      version: null,
      active: true,
      registeredAt: null,
      reregisteredAt: null,
      cpus: null,
      memMb: null,
      diskMb: null,
      attributes: {},
    },
  ],
  frameworks: [{ frameworkId: 'f1', name: 'batch', webuiUrl: null, hostname: null, registered: true }],
  ended: [
    {
      frameworkId: 'f1',
      taskId: 'job-1',
      agentId: 'a1',
      executorId: '',
      name: 'job-1',
      state: 'TASK_FAILED',
      statuses: [
        { ...bare, state: 'TASK_RUNNING', at: ago(900), containerId: CONTAINER },
        { ...bare, state: 'TASK_FAILED', at: ago(10), message: 'Command terminated with signal Killed' },
      ],
      resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
      image: null,
      containerizer: 'MESOS',
      labels: {},
      list: 'completed_tasks',
    },
  ],
  live: [],
  ringCounts: new Map([['f1', 1]]),
  unchanged: [],
  wordsOf: new Map(),
  counters: null,
  rejects: { count: 0, samples: [] },
  warnings: [],
  bytes: 1,
  tasksRead: 1,
  complete: true,
};

const stamp = ago(11).toISOString();
const KILL = [
  'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
  'memory: usage 98304kB, limit 98304kB, failcnt 12',
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/mesos/${CONTAINER},task_memcg=/mesos/${CONTAINER},task=java,pid=76513,uid=0`,
  'Memory cgroup out of memory: Killed process 76513 (java) total-vm:8800000kB, anon-rss:98000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:512kB oom_score_adj:0',
].map((text) => `${stamp} node-1 kernel: ${text}`);

function run(read: (signal: AbortSignal) => Promise<MasterSnapshot>, over: Partial<LoopOptions> = {}): void {
  const options: LoopOptions = {
    pool: db.pool,
    clusterName: 'default',
    simulated: false,
    holder: newHolder(),
    intervalMs: 5,
    timeoutMs: 1_000,
    sources: { master: { read }, masterUrl: 'http://master.example.test:5050', marathons: [] },
    evidence: { intervalMs: 5 },
    ...over,
  };
  loops.push(runLoop(options, stop.signal));
}

async function clusterId(): Promise<number> {
  const { rows } = await db.pool.query<{ id: number }>(`SELECT id FROM cluster WHERE name = 'default'`);
  return rows[0]?.id ?? 0;
}

async function store(lines: string[]): Promise<void> {
  await storeLogLines(db.pool, {
    clusterId: await clusterId(),
    input: 'http',
    lines,
    receivedAt: ago(5),
    timeZone: 'UTC',
    defaultHost: null,
  });
}

const firstRow = async (sql: string) => (await db.pool.query(sql)).rows[0];
const end = () => firstRow('SELECT cause, proof FROM task_end');
const polls = async (): Promise<number> =>
  (await firstRow('SELECT count(*)::int AS n FROM poll_run WHERE ok'))?.n;

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}

it('ties a log that comes after the status, though the master hangs meanwhile', async () => {
  let reads = 0;
  run(async (signal) => {
    reads += 1;
    if (reads > 1) {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return snapshot;
  });
  await until(async () => (await end()) !== undefined && reads > 1);
  expect(await end()).toMatchObject({ cause: 'sigkill_137_unproven' });
  await store(KILL);
  await until(async () => (await end())?.proof === 'proven');
  expect(await end()).toEqual({ cause: 'oom_cgroup_limit', proof: 'proven' });
  expect(await polls()).toBe(1);
});

it('closes a block of which no last line came, and ties what it told', async () => {
  run(async () => snapshot);
  await until(async () => (await end()) !== undefined);
  await store(KILL.slice(0, 3));
  await db.pool.query(`UPDATE log_open_block SET updated_at = now() - interval '11 s'`);
  await until(async () => (await end())?.cause === 'oom_cgroup_limit');
  expect(await firstRow('SELECT count(*)::int AS n FROM log_open_block')).toEqual({ n: 0 });
});

it('goes on polling where logs cannot be looked at, and ties them once they can', async () => {
  run(async () => snapshot);
  await until(async () => (await end()) !== undefined);
  await store(KILL.slice(0, 1));
  await db.pool.query('ALTER TABLE log_open_block RENAME TO broken');
  const before = await polls();
  await until(async () => (await polls()) > before + 3);
  await db.pool.query('ALTER TABLE broken RENAME TO log_open_block');
  await store(KILL);
  await until(async () => (await end())?.proof === 'proven');
});

it('writes nothing while another holds the lease', async () => {
  await db.pool.query(`INSERT INTO cluster (name) VALUES ('default')`);
  await takeLease(db.pool, { clusterId: await clusterId(), holder: 'elsewhere|1|aa|bb', ttlMs: 600_000 });
  await store([
    '2026-01-01T00:00:00Z x kernel: unregister_netdevice: waiting for lo to become free. Usage count = 1',
  ]);
  let turns = 0;
  const kick = {
    kick: () => {},
    wait: async () => {
      turns += 1;
      await pause(5);
    },
  };
  run(async () => snapshot, { kick });
  await until(async () => turns >= 5);
  expect(await firstRow('SELECT about, settled_at FROM log_signal')).toEqual({
    about: null,
    settled_at: null,
  });
});
