import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MesosTask, TaskStatus } from '@/lib/domain/task';
import { databaseSize } from '@/lib/stats/database-size';

import { applyRetention, makeMonthsAhead, sampleSizes } from './apply-retention';
import { ensureMonths } from './apply-task-ends';
import { type Lease, releaseLease, takeLease } from './lease';
import { toTaskEnds } from './plan-task-ends';
import { storeEnds } from './store-ends';

const NOW = new Date('2026-11-25T12:00:00Z');
const DAY_MS = 86_400_000;
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);
const KEEP = { retentionDays: 60, sandboxRetentionDays: 10 };

let db: TestDatabase;
let lease: Lease;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'c')`);
  const taken = await takeLease(db.pool, { clusterId: 1, holder: 'me', ttlMs: 600_000 });
  if (!taken) throw new Error('no lease');
  lease = taken;
});
afterAll(() => db.drop());

function failed(taskId: string, finishedAt: Date): MesosTask {
  const bare = { message: null, reason: null, source: null, healthy: null, containerId: null };
  const statuses: TaskStatus[] = [
    { ...bare, state: 'TASK_RUNNING', at: new Date(finishedAt.getTime() - 60_000) },
    { ...bare, state: 'TASK_FAILED', at: finishedAt, message: 'Container exited with status 1' },
  ];
  return {
    frameworkId: 'f1',
    taskId,
    agentId: 'a1',
    executorId: '',
    name: taskId,
    state: 'TASK_FAILED',
    statuses,
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
  };
}

async function store(tasks: MesosTask[]): Promise<string[]> {
  const offered = toTaskEnds(tasks, {
    clusterId: 1,
    now: NOW,
    hostnames: new Map([['a1', 'host-1']]),
    frameworkNames: new Map(),
    marathons: new Map(),
  });
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    await ensureMonths(
      client,
      'task_end',
      offered.map((end) => end.finishedAt),
      NOW,
    );
    const ends = { clusterId: 1, offered, live: new Map(), epoch: null, marathons: new Map(), now: NOW };
    await storeEnds(client, ends);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  return offered.map(({ id }) => id);
}

const taskIds = async (): Promise<string[]> =>
  (await db.pool.query<{ task_id: string }>('SELECT task_id FROM task_end ORDER BY task_id')).rows.map(
    (row) => row.task_id,
  );
const count = async (sql: string): Promise<number> =>
  (await db.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`)).rows[0]?.n ?? -1;

it('drops whole months past their time, keeps what is pointed to, and keeps the rollups', async () => {
  const tasks = [
    failed('old', daysAgo(130)),
    failed('old-kept', daysAgo(131)),
    failed('month-in-part', daysAgo(70)), // September, which ends within 60 days.
    failed('new', daysAgo(1)),
  ];
  const [oldId, keptId, , newId] = await store(tasks);
  await db.pool.query(`INSERT INTO kept_end VALUES (1, $1, $2, 'incident:1')`, [keptId, daysAgo(131)]);
  await db.pool.query(
    `INSERT INTO evidence SELECT 1, id, id, $5, 'container', 'proven', 'r', 1, $4
     FROM unnest($1::uuid[]) AS id WHERE id = ANY ($1) AND $2::uuid IS NOT NULL AND $3::uuid IS NOT NULL`,
    [[oldId, keptId], oldId, keptId, daysAgo(120), daysAgo(130)],
  );
  for (const [id, days] of [
    [oldId, 120],
    [keptId, 120],
    [newId, 1],
  ] as const) {
    await db.pool.query(`INSERT INTO sandbox_tail VALUES (1, $1, 'stderr', $2)`, [id, daysAgo(days)]);
    await db.pool.query(`INSERT INTO task_memory VALUES (1, $1, NULL, '[]', $2)`, [id, daysAgo(days)]);
  }
  for (const id of [oldId, keptId]) {
    await db.pool.query(
      `INSERT INTO log_signal (cluster_id, id, at, at_known, received_at, signature, source, facts, lines)
       VALUES (1, $1, $2, true, $2, 'memcg_oom', 'kernel', '{}', '[]')`,
      [id, daysAgo(130)],
    );
  }
  const rolledBefore = await count('rollup_hour');

  const first = await applyRetention(db.pool, lease, KEEP, NOW);

  expect(first.dropped).toEqual(['task_end_2026_07']);
  expect(await taskIds()).toEqual(['month-in-part', 'new', 'old-kept']);
  expect(await count('evidence')).toBe(1);
  expect(await count('log_signal')).toBe(1);
  expect(await count('sandbox_tail')).toBe(2);
  expect(await count('task_memory')).toBe(2);
  expect(await count('rollup_hour')).toBe(rolledBefore);
  expect(await applyRetention(db.pool, lease, KEEP, NOW)).toEqual({ dropped: [], removed: 0 });
  expect(await count('log_signal')).toBe(1);
});

it('does not store again what was dropped, however often the master offers it', async () => {
  const sum = 'SELECT sum(ends)::int AS n FROM rollup_hour';
  const before = (await db.pool.query(sum)).rows;
  await store([failed('old', daysAgo(130)), failed('newer', daysAgo(2))]);
  expect(await taskIds()).toEqual(['month-in-part', 'new', 'newer', 'old-kept']);
  expect((await db.pool.query(sum)).rows).toEqual([{ n: before[0].n + 1 }]);
});

it('makes this month and the next two, again and again', async () => {
  await makeMonthsAhead(db.pool, lease, new Date('2026-11-30T23:59:59Z'));
  await makeMonthsAhead(db.pool, lease, new Date('2026-11-30T23:59:59Z'));
  for (const parent of ['task_end', 'log_signal', 'exposure_hour', 'poll_run']) {
    for (const month of ['2026_11', '2026_12', '2027_01']) {
      expect(await count(`pg_class WHERE relname = '${parent}_${month}'`)).toBe(1);
    }
    expect(await count(`pg_class WHERE relname = '${parent}_2027_02'`)).toBe(0);
  }
});

it('gives way to a page that reads the table: the month is dropped at the next look', async () => {
  await store([failed('aged', daysAgo(70))]);
  const later = new Date(NOW.getTime() + 40 * DAY_MS);
  const reader = await db.pool.connect();
  try {
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM task_end');
    await expect(applyRetention(db.pool, lease, KEEP, later)).rejects.toMatchObject({ code: '55P03' });
    expect(await taskIds()).toContain('aged');
    await reader.query('COMMIT');
  } finally {
    reader.release();
  }
  expect((await applyRetention(db.pool, lease, KEEP, later)).dropped).toContain('task_end_2026_09');
  expect(await taskIds()).not.toContain('aged');
});

it('tells what the tables weigh and how they grow, once a day', async () => {
  await sampleSizes(db.pool, lease, daysAgo(2));
  await db.pool.query('UPDATE size_sample SET bytes = bytes - 2000');
  await sampleSizes(db.pool, lease, NOW);
  await sampleSizes(db.pool, lease, NOW);
  const size = await databaseSize(db.pool, KEEP, NOW);
  // One with partitions, one without.
  for (const table of ['task_end', 'rollup_hour', 'evidence'])
    expect(
      (await db.pool.query('SELECT bytes FROM size_sample WHERE relation = $1', [table])).rows,
    ).toHaveLength(2);
  expect(size.tables.find(({ table }) => table === 'task_end')?.bytesPerDay).toBe(1000);
  expect(size.bytesPerDay).toBeGreaterThanOrEqual(1000);
  expect(size.oldestEndAt).toBe(daysAgo(131).toISOString());
});

it('writes nothing once the lease is lost', async () => {
  await releaseLease(db.pool, lease);
  await takeLease(db.pool, { clusterId: 1, holder: 'other', ttlMs: 60_000 });
  await expect(applyRetention(db.pool, lease, KEEP, NOW)).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await expect(sampleSizes(db.pool, lease, NOW)).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await expect(makeMonthsAhead(db.pool, lease, NOW)).rejects.toMatchObject({ code: 'LEASE_LOST' });
});
