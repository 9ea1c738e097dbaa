import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { inTransaction } from '@/lib/db/in-transaction';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask, TaskState, TaskStatus } from '@/lib/domain/task';

import { applyMasterSnapshot } from './apply-master-snapshot';
import { lookAgainAtKills } from './apply-second-look';
import { assertLease, takeLease } from './lease';
import { loadMemory } from './memory';

const NOW = Date.now();
const ENDED = NOW - 60_000;
const at = (ms: number): Date => new Date(ms);

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

let clusters = 0;

/** A cluster, and what stores a poll of its master with an empty memory, as after a restart. */
async function newWatch() {
  clusters += 1;
  const { rows } = await db.pool.query<{ id: number }>(
    'INSERT INTO cluster (name) VALUES ($1) RETURNING id',
    [`store-${clusters}`],
  );
  const clusterId = rows[0]?.id ?? 0;
  const lease = await takeLease(db.pool, { clusterId, holder: 'me', ttlMs: 600_000 });
  if (!lease) throw new Error('no lease');
  const poll = async (ended: MesosTask[], ms: number, ringSize = 1_000) =>
    await applyMasterSnapshot(db.pool, lease, await loadMemory(db.pool, clusterId), {
      snapshot: snapshot(ended, ringSize),
      marathons: new Map(),
      startedAt: at(ms - 1_000),
      now: at(ms),
    });
  const select = async (sql: string) => (await db.pool.query(sql, [clusterId])).rows;
  return { lease, poll, select };
}

function snapshot(ended: MesosTask[], ringSize: number): MasterSnapshot {
  const electedAt = at(NOW - 400 * 86_400_000);
  return {
    url: 'http://master.example.test:5050',
    epoch: {
      masterId: 'm-1',
      electedAt,
      startedAt: electedAt,
      version: '1.11.0',
      hostname: null,
      clusterName: null,
      ringSize,
    },
    agents: [],
    frameworks: [],
    ended,
    live: [],
    ringCounts: new Map([['f1', ended.length]]),
    unchanged: [],
    wordsOf: new Map(ended.map((task) => [task, [task.taskId]])),
    counters: null,
    rejects: { count: 0, samples: [] },
    warnings: [],
    bytes: 1,
    tasksRead: ended.length,
    complete: true,
  };
}

const status = (state: TaskState, ms: number, containerId: string | null = null): TaskStatus => ({
  state,
  at: at(ms),
  message: null,
  reason: null,
  source: null,
  healthy: null,
  containerId,
});

function task(taskId: string, state: TaskState, statuses: TaskStatus[]): MesosTask {
  return {
    frameworkId: 'f1',
    taskId,
    agentId: 'a1',
    executorId: '',
    name: taskId,
    state,
    statuses,
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
  };
}

it.each([5, 400])(
  'stores all of %i ends but the two that Postgres refuses, and names these',
  async (count) => {
    const { lease, select } = await newWatch();
    // Text that does not compress: its index entry stays beyond what a page takes.
    const tooLong = () => randomBytes(3_000).toString('hex');
    const ended = Array.from({ length: count }, (_, index) =>
      task(`t${index}`, 'TASK_FAILED', [
        status('TASK_FAILED', ENDED - index, index === 1 || index === count - 1 ? tooLong() : null),
      ]),
    );
    const memory = await loadMemory(db.pool, lease.clusterId);
    const given = {
      snapshot: snapshot(ended, 1_000),
      marathons: new Map(),
      startedAt: at(NOW),
      now: at(NOW),
    };
    expect(await applyMasterSnapshot(db.pool, lease, memory, given)).toMatchObject({ inserted: count - 2 });
    expect(await select('SELECT 1 FROM task_end WHERE cluster_id = $1')).toHaveLength(count - 2);
    const [run] = await select('SELECT ends_new, warnings FROM poll_run WHERE cluster_id = $1');
    expect(run).toMatchObject({ ends_new: count - 2, warnings: [{ code: 'ends_unstorable' }] });
    expect(run.warnings[0].message).toMatch(new RegExp(`^2 task ends .*: t1, t${count - 1}$`));
    // Only what is stored may be passed over by the next poll.
    expect(memory.seen.size).toBe(count - 2);
  },
);

it('takes ends that retention dropped, or that stand under another id, for known after a restart', async () => {
  const { lease, poll, select } = await newWatch();
  const told = (index: number, first: TaskStatus[]) =>
    task(`o${index}`, 'TASK_FAILED', [...first, status('TASK_FAILED', ENDED + index)]);
  await poll(
    [0, 1, 2].map((index) => told(index, [])),
    NOW,
    3,
  );
  await poll(
    [0, 1, 2].map((index) => told(index, [status('TASK_RUNNING', ENDED - 9_000)])),
    NOW + 1_000,
    3,
  );
  expect(await select('SELECT kind FROM gap WHERE cluster_id = $1')).toEqual([]);

  await db.pool.query('UPDATE cluster SET ends_from = $2 WHERE id = $1', [
    lease.clusterId,
    at(ENDED + 1_000),
  ]);
  await db.pool.query('DELETE FROM task_end WHERE cluster_id = $1', [lease.clusterId]);
  await poll(
    [0, 1, 2].map((index) => told(index, [])),
    NOW + 2_000,
    3,
  );
  expect(await select('SELECT kind FROM gap WHERE cluster_id = $1')).toEqual([]);
  expect(await select('SELECT 1 FROM task_end WHERE cluster_id = $1')).toEqual([]);

  await poll(
    [3_000, 3_001, 3_002].map((index) => told(index, [])),
    NOW + 5_000,
    3,
  );
  expect(await select('SELECT kind FROM gap WHERE cluster_id = $1')).toEqual([{ kind: 'ring_overrun' }]);
});

it('revises an end under another id when its master takes it back, and its ledger counts it', async () => {
  const { lease, poll, select } = await newWatch();
  await db.pool.query(
    `INSERT INTO ledger (cluster_id, master_id, elected_at, state, base, counted, stored, first_read_at)
     VALUES ($1, 'm-1', $2, 'TASK_FINISHED', 0, 0, 0, now())`,
    [lease.clusterId, at(NOW - 400 * 86_400_000)],
  );
  const begun = [status('TASK_RUNNING', ENDED - 60_000), status('TASK_LOST', ENDED)];
  await poll([task('t', 'TASK_LOST', [status('TASK_LOST', ENDED)])], NOW);
  await poll([task('t', 'TASK_LOST', begun)], NOW + 1_000);
  const done = task('t', 'TASK_FINISHED', [...begun, status('TASK_FINISHED', ENDED + 5_000)]);
  for (const ms of [NOW + 2_000, NOW + 3_000]) {
    await poll([done], ms);
    expect(await select('SELECT state, revision FROM task_end WHERE cluster_id = $1')).toEqual([
      { state: 'TASK_FINISHED', revision: 2 },
    ]);
    expect(await select('SELECT stored::int FROM ledger WHERE cluster_id = $1')).toEqual([{ stored: 1 }]);
  }
});

it('a second look that waits for the lease holds no lock on the ends', async () => {
  const { lease, poll, select } = await newWatch();
  await poll([task('k', 'TASK_KILLED', [status('TASK_KILLED', NOW - 1_000)])], NOW);
  await db.pool.query(
    `UPDATE task_end SET disposition = 'unexplained', app_id = '/a' WHERE cluster_id = $1`,
    [lease.clusterId],
  );
  const marathon = { frameworkId: 'f1', apps: new Map(), versions: new Map(), deployments: [] };
  let look: Promise<number> | undefined;
  await inTransaction(db.pool, async (client) => {
    await assertLease(client, lease);
    look = lookAgainAtKills(db.pool, lease, marathon, at(NOW));
    for (;;) {
      const waiting = await select(
        `SELECT $1::int FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM lease%'`,
      );
      if (waiting.length > 0) break;
    }
    await client.query(`SET LOCAL lock_timeout = '5s'`);
    await client.query('LOCK TABLE task_end IN ACCESS EXCLUSIVE MODE');
  });
  expect(await look).toBe(1);
});
