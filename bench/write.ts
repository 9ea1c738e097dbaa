/**
 * Writes the task ends of large polls, offers them again, and writes the small batches of an event stream, each beside
 * a floor in the same run and on the same Postgres (one of its own, in a temporary folder).
 *
 *   npx tsx bench/write.ts [--ends 50000] [--bulk 500000] [--quick]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

import { inTransaction } from '@/lib/db/in-transaction';
import { migrate } from '@/lib/db/migrate';
import { createPool } from '@/lib/db/pool';
import type { SeenEnd } from '@/lib/domain/seen-ends';
import type { LiveTask, MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask } from '@/lib/domain/task';
import { applyMasterSnapshot } from '@/lib/ingest/apply-master-snapshot';
import { applyTaskEnds, copyChunks } from '@/lib/ingest/apply-task-ends';
import { END_COLUMNS } from '@/lib/ingest/end-columns';
import { takeLease } from '@/lib/ingest/lease';
import { loadMemory, type Memory, seenKey } from '@/lib/ingest/memory';
import { toTaskEnds } from '@/lib/ingest/plan-task-ends';
import { storeEnds } from '@/lib/ingest/store-ends';
import type { TaskEnd } from '@/lib/ingest/task-end';

import { startPostgres } from '../scripts/postgres.mjs';
import { report } from './report';

const { values } = parseArgs({
  options: {
    ends: { type: 'string', default: '50000' },
    bulk: { type: 'string', default: '500000' },
    new: { type: 'string', default: '200' },
    quick: { type: 'boolean', default: false },
  },
});
const ENDS = values.quick ? 5_000 : Number(values.ends);
const BULK = values.quick ? 20_000 : Number(values.bulk);
const NEW = Number(values.new);
const HOSTS = 5_000;
const APPS = 3_000;
const AGENTS = values.quick ? 1_000 : 10_000;
const LIVE = values.quick ? 20_000 : 200_000;
const DAY_MS = 86_400_000;
const now = new Date();

const dataDir = await mkdtemp(join(tmpdir(), 'exit137-bench-'));
const server = await startPostgres({ dataDir });
const pool = createPool(server.url, { max: 2, statementTimeoutMs: 0 });
try {
  await migrate({ url: server.url });
  await pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'bench')`);
  await pool.query('CREATE UNLOGGED TABLE warm AS SELECT 1');
  await bulk();
  await polls();
  await smallBatches();
} finally {
  await pool.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** Planned ends into the table with all its indexes, partitions and rollups, beside COPY of the same rows. */
async function bulk(): Promise<void> {
  for (const [size, from] of [
    [ENDS, 10_000_000],
    [BULK, 20_000_000],
  ] as const) {
    const ends: TaskEnd[] = [];
    for (let at = 0; at < size; at += 1_000) ends.push(...planned(from + at, Math.min(1_000, size - at)));
    await pool.query('DROP TABLE IF EXISTS floor');
    await pool.query('CREATE TABLE floor (LIKE task_end)');
    const floor = await timed(() =>
      inTransaction(pool, async (client) => {
        const stage = client.query(copyFrom(`COPY floor (${END_COLUMNS}) FROM STDIN`));
        await pipeline(Readable.from(copyChunks(ends)), stage);
      }),
    );
    const write = await timed(() =>
      inTransaction(pool, (client) =>
        applyTaskEnds(client, 1, { insert: ends, revise: [], reopen: [] }, now),
      ),
    );
    report({
      measure: `write ${size} planned ends, rows a second`,
      value: size / (write.ms / 1000),
      unit: '/s',
      floor: 'COPY, no index',
      floorValue: size / (floor.ms / 1000),
      bar: { least: 0.3 },
    });
    blocks(`write ${size} planned ends`, write.blockMs);
  }
  await pool.query('DROP TABLE floor');
}

async function polls(): Promise<void> {
  const lease = await takeLease(pool, { clusterId: 1, holder: 'bench', ttlMs: 3_600_000 });
  if (!lease) throw new Error('no lease');
  const memory = await loadMemory(pool, 1);
  const poll = (snapshot: MasterSnapshot, using: Memory = memory) =>
    timed(() =>
      applyMasterSnapshot(pool, lease, using, {
        snapshot,
        marathons: new Map(),
        startedAt: new Date(),
        now: new Date(),
      }),
    );
  const tasks = Array.from({ length: ENDS }, (_, index) => made(index));
  await poll(snapshotOf([], { agents: HOSTS }));
  const first = await poll(snapshotOf(tasks));
  report({ measure: `first poll with ${ENDS} ends, diagnosis and all`, value: first.ms, unit: 'ms' });
  blocks('first poll', first.blockMs);
  await pool.query('ANALYZE');

  const some = (from: number) => Array.from({ length: NEW }, (_, index) => made(from + index));
  const only: number[] = [];
  for (let round = 0; round < 3; round += 1)
    only.push((await poll(snapshotOf(some(1_000_000 + round * NEW)))).ms);
  const onlyNew = only.sort((a, b) => a - b)[1] ?? Number.NaN;
  const unchanged = tasks.map(seenOf);
  const again = await poll(snapshotOf(some(2_000_000), { unchanged }));
  const cold = await poll(snapshotOf([...tasks, ...some(3_000_000)]), await loadMemory(pool, 1));
  const common = { unit: 'ms', floor: `a poll of ${NEW} new alone`, floorValue: onlyNew };
  report({
    measure: `offer ${ENDS} again, ${NEW} new: as the reader hands it over`,
    value: again.ms,
    ...common,
    bar: { most: 5 },
  });
  report({ measure: `the same after a restart, all of it read anew`, value: cold.ms, ...common });
  blocks(`offer ${ENDS} again`, again.blockMs);
  blocks('the same after a restart', cold.blockMs);

  const live = liveTasks();
  await poll(snapshotOf([], { agents: AGENTS, live }));
  const quiet = await poll(snapshotOf([], { agents: AGENTS, live }));
  report({
    measure: `a poll without ends: ${AGENTS} agents, ${LIVE} live tasks`,
    value: quiet.ms,
    unit: 'ms',
  });
  blocks('that poll', quiet.blockMs);
}

async function smallBatches(): Promise<void> {
  const times: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < 40; round += 1) {
    const offered = planned(30_000_000 + round * 5, 5);
    const one = await timed(() =>
      inTransaction(pool, (client) =>
        storeEnds(client, { clusterId: 1, offered, live: new Map(), epoch: null, marathons: new Map(), now }),
      ),
    );
    times.push(one.ms);
    floors.push((await timed(() => inTransaction(pool, insertOne))).ms);
  }
  const median = (all: number[]) => all.sort((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
  report({
    measure: 'store a batch of 5 ends of the event stream',
    value: median(times),
    unit: 'ms',
    floor: 'a transaction of one row',
    floorValue: median(floors),
  });
}

async function insertOne(client: PoolClient): Promise<void> {
  await client.query('INSERT INTO warm VALUES (1)');
}

function blocks(what: string, ms: number): void {
  report({ measure: `longest event-loop block: ${what}`, value: ms, unit: 'ms', bar: { most: 50 } });
}

function planned(from: number, count: number): TaskEnd[] {
  return toTaskEnds(
    Array.from({ length: count }, (_, index) => made(from + index)),
    {
      clusterId: 1,
      now,
      hostnames: new Map(),
      frameworkNames: new Map([['f1', 'marathon']]),
      marathons: new Map(),
    },
  );
}

function made(index: number): MesosTask {
  const finishedAt = new Date(now.getTime() - ((index * 7_919) % ((30 * DAY_MS) / 1000)) * 1000);
  const bare = {
    reason: null,
    source: 'SOURCE_EXECUTOR',
    healthy: null,
    containerId: `0c1d2e3f-0000-4000-8000-${String(index).padStart(12, '0')}`,
  };
  const code = index % 14 === 0 ? 1 : 0;
  const app = index % APPS;
  return {
    frameworkId: 'f1',
    taskId: `team_app${app}.instance-${String(index).padStart(8, '0')}-0000-11ea-8000-0242ac110002._app.1`,
    agentId: `S${index % HOSTS}`,
    executorId: '',
    name: `app${app}.team`,
    state: code === 0 ? 'TASK_FINISHED' : 'TASK_FAILED',
    statuses: [
      { ...bare, state: 'TASK_STARTING', at: new Date(finishedAt.getTime() - 602_000), message: null },
      { ...bare, state: 'TASK_RUNNING', at: new Date(finishedAt.getTime() - 600_000), message: null },
      {
        ...bare,
        state: code === 0 ? 'TASK_FINISHED' : 'TASK_FAILED',
        at: finishedAt,
        message: `Container exited with status ${code}`,
      },
    ],
    resources: { cpus: 0.5, memMb: 512, diskMb: 0, gpus: 0 },
    image: `registry.example.test/team/app${app}:1`,
    containerizer: 'DOCKER',
    labels: { team: 'team' },
    list: 'completed_tasks',
  };
}

function seenOf(task: MesosTask): SeenEnd {
  const { frameworkId, agentId, list, statuses, taskId } = task;
  const [firstStatusAt, finishedAt] = [statuses[0]?.at ?? null, statuses.at(-1)?.at ?? null];
  return { key: seenKey(task), frameworkId, agentId, list, firstStatusAt, finishedAt, words: [taskId] };
}

function liveTasks(): LiveTask[] {
  return Array.from({ length: LIVE }, (_, index) => ({
    frameworkId: 'f1',
    taskId: `team_app${index % APPS}.instance-live${index}-0000-11ea-8000-0242ac110002._app.1`,
    agentId: `S${index % AGENTS}`,
    state: 'TASK_RUNNING',
    firstStatusAt: new Date(now.getTime() - 3_600_000),
    killingSince: null,
  }));
}

function snapshotOf(
  ended: MesosTask[],
  {
    agents = HOSTS,
    live = [],
    unchanged = [],
  }: { agents?: number; live?: LiveTask[]; unchanged?: SeenEnd[] } = {},
): MasterSnapshot {
  return {
    url: 'http://master.example.test:5050',
    epoch: {
      masterId: 'm-1',
      electedAt: new Date(0),
      startedAt: null,
      version: '1.11.0',
      hostname: null,
      clusterName: null,
      ringSize: 1_000_000,
    },
    agents: Array.from({ length: agents }, (_, index) => ({
      agentId: `S${index}`,
      hostname: `node-${index}.example.test`,
      pid: null,
      port: null,
      version: '1.11.0',
      active: true,
      registeredAt: null,
      reregisteredAt: null,
      cpus: 8,
      memMb: 32_768,
      diskMb: 100_000,
      attributes: {},
    })),
    frameworks: [{ frameworkId: 'f1', name: 'marathon', webuiUrl: null, hostname: null, registered: true }],
    ended,
    live,
    ringCounts: new Map([['f1', ended.length + unchanged.length]]),
    unchanged,
    wordsOf: new Map(ended.map((task) => [task, [task.taskId]])),
    counters: null,
    rejects: { count: 0, samples: [] },
    warnings: [],
    complete: true,
    bytes: 0,
    tasksRead: ended.length,
  };
}

async function timed(work: () => Promise<unknown>): Promise<{ ms: number; blockMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  // One more turn, so that a block at the very end is told.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return { ms, blockMs: Math.max(0, delay.max / 1e6 - 1) };
}
