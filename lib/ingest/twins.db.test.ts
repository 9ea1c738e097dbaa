import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from } from 'pg-copy-streams';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { inTransaction } from '@/lib/db/in-transaction';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MesosTask, TaskStatus } from '@/lib/domain/task';

import { applyTaskEnds } from './apply-task-ends';
import { toTaskEnds } from './plan-task-ends';
import { storeEnds } from './store-ends';
import type { TaskEnd } from './task-end';

const NOW = new Date('2026-03-01T12:00:00Z');
const ENDED = Date.parse('2026-03-01T11:30:00.437Z');

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'c')`);
});
afterAll(() => db.drop());

const status = (state: TaskStatus['state'], ms: number, message: string | null = null): TaskStatus => ({
  state,
  at: new Date(ms),
  message,
  reason: null,
  source: null,
  healthy: null,
  containerId: null,
});

function ends(tasks: { taskId: string; statuses: TaskStatus[] }[]): TaskEnd[] {
  const made = tasks.map(
    (one): MesosTask => ({
      frameworkId: 'f1',
      agentId: 'a1',
      executorId: '',
      name: 't',
      state: 'TASK_FAILED',
      resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
      image: null,
      containerizer: null,
      labels: {},
      list: 'completed_tasks',
      ...one,
    }),
  );
  const names = { hostnames: new Map(), frameworkNames: new Map(), marathons: new Map() };
  return toTaskEnds(made, { clusterId: 1, now: NOW, ...names });
}

const store = (offered: TaskEnd[]) =>
  inTransaction(db.pool, (client) =>
    storeEnds(client, {
      clusterId: 1,
      offered,
      live: new Map(),
      epoch: null,
      marathons: new Map(),
      now: NOW,
    }),
  );

it('stores an end once that the stream tells first and the master tells with another first status', async () => {
  const hostile = 't\0\ud800';
  const told = (taskId: string, at: number, first: TaskStatus[], message: string | null) =>
    ends([{ taskId, statuses: [...first, status('TASK_FAILED', at, message)] }]);
  for (const taskId of ['t1', hostile]) {
    const stream = told(taskId, ENDED, [], null);
    const master = told(taskId, ENDED + 1, [status('TASK_RUNNING', ENDED - 60_000)], 'exited with status 1');
    expect(await store(stream)).toMatchObject({ inserted: 1, revised: 0 });
    expect(await store(master)).toMatchObject({ inserted: 0, revised: 1 });
    expect(await store(master)).toMatchObject({ inserted: 0, revised: 0 });
    expect(await store(stream)).toMatchObject({ inserted: 0, revised: 0 });
  }
  const { rows } = await db.pool.query('SELECT message, started_at, revision FROM task_end');
  const one = { message: 'exited with status 1', started_at: new Date(ENDED - 60_000), revision: 1 };
  expect(rows).toEqual([one, one]);
  const { rows: days } = await db.pool.query(
    `SELECT failed, last_failure_at FROM rollup_day WHERE kind = 'host'`,
  );
  expect(days).toEqual([{ failed: 2, last_failure_at: new Date(ENDED) }]);
});

it('stores many ends and few ends alike, and leaves known ones out of both', async () => {
  const many = ends(
    Array.from({ length: 450 }, (_, index) => ({
      taskId: `many-${index}`,
      statuses: [status('TASK_FAILED', ENDED - index * 60_000, `line\n${index}\\ "é"\t`)],
    })),
  );
  const write = (insert: TaskEnd[]) =>
    inTransaction(db.pool, (client) => applyTaskEnds(client, 1, { insert, revise: [], reopen: [] }, NOW));
  expect(await write(many.slice(0, 150))).toEqual({ inserted: 150, revised: 0 });
  expect(await write(many)).toEqual({ inserted: 300, revised: 0 });
  const { rows } = await db.pool.query<{ message: string }>(
    `SELECT message FROM task_end WHERE task_id LIKE 'many-%' ORDER BY finished_at DESC`,
  );
  expect(rows.map(({ message }) => message)).toEqual(many.map(({ message }) => message));
});

it('rejects, and no more, when the session ends in the middle of a COPY', async () => {
  const client = await db.pool.connect();
  client.on('error', () => {});
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  async function* lines() {
    yield '1\n';
    await db.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    for (let more = 0; more < 50; more += 1) {
      yield `${'1\n'.repeat(10_000)}`;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  await client.query('CREATE TEMP TABLE stage (n int)');
  await expect(
    pipeline(Readable.from(lines()), client.query(from('COPY stage FROM STDIN'))),
  ).rejects.toThrow();
  client.release(true);
  expect((await db.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});
