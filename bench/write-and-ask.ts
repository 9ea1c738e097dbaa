/**
 * Writes the task ends of one large poll, offers them again, and asks for the pages, each beside a floor in the
 * same run and on the same Postgres (one of its own, in a temporary folder).
 *
 *   npx tsx bench/write-and-ask.ts [--ends 50000] [--new 200] [--rounds 20]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { migrate } from '@/lib/db/migrate';
import { createPool } from '@/lib/db/pool';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask } from '@/lib/domain/task';
import { applyMasterSnapshot } from '@/lib/ingest/apply-master-snapshot';
import { type Lease, takeLease } from '@/lib/ingest/lease';
import { loadMemory, type Memory } from '@/lib/ingest/memory';
import { hostRates } from '@/lib/stats/host-rates';
import { listTasks } from '@/lib/stats/list-tasks';
import { overview } from '@/lib/stats/overview';

import { startPostgres } from '../scripts/postgres.mjs';

const { values } = parseArgs({
  options: {
    ends: { type: 'string', default: '50000' },
    new: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '20' },
  },
});
const ENDS = Number(values.ends);
const NEW = Number(values.new);
const ROUNDS = Number(values.rounds);
const HOSTS = 500;
const now = new Date();

const dataDir = await mkdtemp(join(tmpdir(), 'exit137-bench-'));
const server = await startPostgres({ dataDir });
try {
  await migrate({ url: server.url });
  const pool = createPool(server.url, { statementTimeoutMs: 0 });
  await pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'bench')`);
  const lease = await takeLease(pool, { clusterId: 1, holder: 'bench', ttlMs: 3_600_000 });
  if (!lease) throw new Error('no lease');
  const memory = await loadMemory(pool, 1);
  const tasks = Array.from({ length: ENDS }, (_, index) => made(index));

  const write = await timed(() => poll(lease, memory, tasks));
  // The floor: the very rows into a table without index, rollup or partition.
  await pool.query('CREATE TABLE floor AS SELECT * FROM task_end WHERE false');
  const copy = await timed(() => pool.query('INSERT INTO floor SELECT * FROM task_end'));
  const few = Array.from({ length: NEW }, (_, index) => made(ENDS + index));
  const again = await timed(() => poll(lease, memory, [...tasks, ...few]));
  const onlyNew = await timed(() =>
    poll(
      lease,
      memory,
      Array.from({ length: NEW }, (_, index) => made(ENDS + NEW + index)),
    ),
  );
  await pool.query('ANALYZE');

  const { rows } = await pool.query<{ id: string }>('SELECT id FROM task_end LIMIT 1');
  const point = await median(() =>
    pool.query('SELECT 1 FROM task_end WHERE cluster_id = 1 AND id = $1', [rows[0]?.id]),
  );
  const window = { from: new Date(now.getTime() - 86_400_000), to: now };
  const pages = {
    'overview, 24 h': () => overview(pool, { ...window, pollIntervalMs: 30_000 }, now),
    'hosts, 24 h': () => hostRates(pool, { ...window, limit: 1000 }, now),
    'tasks, newest 50': () => listTasks(pool, { from: null, to: null, limit: 50 }, now),
  };

  const lines = [
    row('measure', 'ms', 'floor', 'floor ms', 'ratio'),
    row(`write ${ENDS} ends`, write, 'INSERT … SELECT of the rows', copy, write / copy),
    row(`offer ${ENDS} again, ${NEW} new`, again, `a poll of ${NEW} new alone`, onlyNew, again / onlyNew),
  ];
  for (const [name, ask] of Object.entries(pages)) {
    const took = await median(ask);
    lines.push(row(name, took, 'point lookup', point, took / point));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  await pool.end();
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

async function poll(lease: Lease, memory: Memory, ended: MesosTask[]): Promise<void> {
  const pool = createPool(server.url, { max: 1, statementTimeoutMs: 0 });
  const snapshot = snapshotOf(ended);
  await applyMasterSnapshot(pool, lease, memory, { snapshot, marathons: new Map(), startedAt: now, now });
  await pool.end();
}

function made(index: number): MesosTask {
  const finishedAt = new Date(now.getTime() - ((index * 7) % 86_000) * 1000);
  const bare = { reason: null, source: 'SOURCE_EXECUTOR', healthy: null, containerId: `c-${index}` };
  const code = index % 3 === 0 ? 1 : 0;
  return {
    frameworkId: 'f1',
    taskId: `team_app${index % 300}.instance-${String(index).padStart(8, '0')}-0000-11ea-8000-0242ac110002._app.1`,
    agentId: `S${index % HOSTS}`,
    executorId: '',
    name: `app${index % 300}.team`,
    state: code === 0 ? 'TASK_FINISHED' : 'TASK_FAILED',
    statuses: [
      { ...bare, state: 'TASK_RUNNING', at: new Date(finishedAt.getTime() - 600_000), message: null },
      {
        ...bare,
        state: code === 0 ? 'TASK_FINISHED' : 'TASK_FAILED',
        at: finishedAt,
        message: `Container exited with status ${code}`,
      },
    ],
    resources: { cpus: 0.5, memMb: 512, diskMb: 0, gpus: 0 },
    image: 'registry.example.test/team/app:1',
    containerizer: 'DOCKER',
    labels: { team: 'team' },
    list: 'completed_tasks',
  };
}

function snapshotOf(ended: MesosTask[]): MasterSnapshot {
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
    agents: Array.from({ length: HOSTS }, (_, index) => ({
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
    live: [],
    ringCounts: new Map(),
    unchanged: [],
    wordsOf: new Map(),
    counters: null,
    rejects: { count: 0, samples: [] },
    warnings: [],
    complete: true,
    bytes: 0,
    tasksRead: ended.length,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await timed(work));
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

function row(
  name: string,
  ms: number | string,
  floor: string,
  floorMs: number | string,
  ratio: number | string,
): string {
  const number = (value: number | string, digits: number) =>
    typeof value === 'string' ? value : value.toFixed(digits);
  return [
    name.padEnd(36),
    number(ms, 1).padStart(10),
    `  ${floor.padEnd(30)}`,
    number(floorMs, 2).padStart(10),
    number(ratio, 2).padStart(8),
  ].join('');
}
