import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MesosTask, TaskState } from '@/lib/domain/task';

import { addExposure } from './apply-exposure';
import { applyTaskEnds } from './apply-task-ends';
import { END_FIELDS, toColumn } from './end-columns';
import { type EndPlan, toTaskEnds } from './plan-task-ends';
import type { TaskEnd } from './task-end';

const NOW = new Date('2026-11-25T12:00:00Z');
const HOUR_MS = 3_600_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'c')`);
});
afterAll(() => db.drop());

/** The same numbers at every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const ENDINGS: [TaskState, string | null][] = [
  ['TASK_FINISHED', null],
  ['TASK_FAILED', 'Container exited with status 137'],
  ['TASK_FAILED', 'Memory limit exceeded: Requested: 64MB Maximum Used: 64MB'],
  ['TASK_FAILED', 'Container exited with status 1'],
  ['TASK_KILLED', null],
  ['TASK_LOST', 'Agent agent removed'],
];

function made(index: number, next: () => number): MesosTask {
  const at = new Date(NOW.getTime() - Math.floor(next() * 96) * HOUR_MS - index * 1000);
  const [state, message] = ENDINGS[Math.floor(next() * ENDINGS.length)] ?? ['TASK_FAILED', null];
  const bare = { reason: null, source: null, healthy: null, containerId: null };
  return {
    frameworkId: 'f1',
    taskId: next() < 0.2 ? `batch-${index}` : `shop_cart${Math.floor(next() * 3)}.instance-${index}`,
    agentId: `S${Math.floor(next() * 3)}`,
    executorId: '',
    name: 'x',
    state,
    statuses: [
      { ...bare, state: 'TASK_RUNNING', at: new Date(at.getTime() - 60_000), message: null },
      { ...bare, state, at, message },
    ],
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
  };
}

const toEnds = (tasks: readonly MesosTask[]): TaskEnd[] =>
  toTaskEnds(tasks, {
    clusterId: 1,
    now: NOW,
    hostnames: new Map([['S1', 'host-1']]),
    frameworkNames: new Map([['f1', 'marathon']]),
    marathons: new Map(),
  }).map((end, index) => ({ ...end, appId: index % 5 === 0 ? null : `/app-${index % 4}` }));

async function apply(plan: Partial<EndPlan>): Promise<void> {
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    await applyTaskEnds(client, 1, { insert: [], revise: [], reopen: [], ...plan }, NOW);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

/** Rows that one side has and the other has not. */
async function differences(kept: string, counted: string): Promise<unknown[]> {
  const { rows } = await db.pool.query(`(${kept} EXCEPT ${counted}) UNION ALL (${counted} EXCEPT ${kept})`);
  return rows;
}

const SUBJECTS = `task_end CROSS JOIN LATERAL (VALUES ('host', host), ('app', app_id)) AS of (kind, subject)`;
const DAY = `date_trunc('day', finished_at, 'UTC')`;

async function expectAllEqual(): Promise<void> {
  const inHours = await differences(
    'SELECT hour, state, cause, disposition, ends FROM rollup_hour WHERE ends <> 0',
    `SELECT date_trunc('hour', finished_at, 'UTC'), state, cause, disposition, count(*)::int FROM task_end
     WHERE reopened_at IS NULL GROUP BY 1, 2, 3, 4`,
  );
  const inDays = await differences(
    `SELECT kind, day, subject, ended, failed, killed, oom, last_failure_at FROM rollup_day WHERE ended <> 0`,
    `SELECT kind, ${DAY}, subject, count(*)::int, (count(*) FILTER (WHERE disposition = 'failure'))::int,
            (count(*) FILTER (WHERE disposition <> 'failure' AND state = 'TASK_KILLED'))::int,
            (count(*) FILTER (WHERE disposition = 'failure' AND cause IN ('oom_cgroup_limit', 'oom_host')))::int,
            max(finished_at) FILTER (WHERE disposition = 'failure')
     FROM ${SUBJECTS} WHERE reopened_at IS NULL AND subject IS NOT NULL GROUP BY 1, 2, 3`,
  );
  const inCauses = await differences(
    'SELECT kind, day, subject, cause, failed FROM rollup_day_cause WHERE failed <> 0',
    `SELECT kind, ${DAY}, subject, cause, count(*)::int FROM ${SUBJECTS}
     WHERE reopened_at IS NULL AND subject IS NOT NULL AND disposition = 'failure' GROUP BY 1, 2, 3, 4`,
  );
  expect({ inHours, inDays, inCauses }).toEqual({ inHours: [], inDays: [], inCauses: [] });
}

it('keeps every rollup equal to the rows, whatever is inserted twice, revised, reopened or moved', async () => {
  const next = random(137);
  let stored: TaskEnd[] = [];
  for (let round = 0; round < 12; round += 1) {
    const fresh = toEnds(Array.from({ length: 40 }, (_, index) => made(round * 100 + index, next)));
    const again = stored.filter(() => next() < 0.2);
    await apply({ insert: [...fresh, ...again] });
    stored.push(...fresh);

    const revised = stored.filter(() => next() < 0.15);
    const changes = revised.map((old, index) => {
      const [other] = toEnds([made(round * 1000 + index, next)]);
      if (!other) throw new Error('no end');
      const end = { ...other, id: old.id, appId: next() < 0.5 ? old.appId : '/moved' };
      return { oldId: old.id, oldFinishedAt: old.finishedAt, end };
    });
    const reopened = stored.filter((end) => !revised.includes(end) && next() < 0.1);
    await apply({ revise: changes, reopen: reopened });
    await apply({ reopen: reopened });
    stored = stored
      .filter((end) => !reopened.includes(end))
      .map((end) => changes.find(({ oldId }) => oldId === end.id)?.end ?? end);
    await expectAllEqual();
  }
  const { rows } = await db.pool.query<{ failed: number }>(
    'SELECT sum(failed)::int AS failed FROM rollup_day',
  );
  expect(rows[0]?.failed).toBeGreaterThan(100);
});

it('keeps the task-hours of a day equal to those of its hours', async () => {
  const next = random(7);
  for (let round = 0; round < 5; round += 1) {
    const exposure = Array.from({ length: 300 }, () => ({
      hour: new Date(Math.floor(NOW.getTime() / HOUR_MS - next() * 60) * HOUR_MS),
      kind: next() < 0.5 ? ('host' as const) : ('app' as const),
      subject: `s${Math.floor(next() * 5)}`,
      taskSeconds: Math.floor(next() * 3600),
    }));
    const sums = new Map<string, (typeof exposure)[number]>();
    for (const one of exposure) {
      const key = `${one.hour.getTime()} ${one.kind} ${one.subject}`;
      sums.set(key, { ...one, taskSeconds: one.taskSeconds + (sums.get(key)?.taskSeconds ?? 0) });
    }
    const client = await db.pool.connect();
    await addExposure(client, 1, [...sums.values()], NOW);
    client.release();
  }
  expect(
    await differences(
      'SELECT kind, day, subject, task_seconds FROM rollup_day WHERE task_seconds > 0',
      `SELECT kind, date_trunc('day', hour, 'UTC'), subject, sum(task_seconds) FROM exposure_hour GROUP BY 1, 2, 3`,
    ),
  ).toEqual([]);
});

it('names every column of the table', async () => {
  const { rows } = await db.pool.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'task_end'::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  expect(END_FIELDS.map(toColumn).sort()).toEqual(rows.map(({ name }) => name).sort());
});

it('gives back what was written, whatever its characters', async () => {
  const wild = 'tab\t line\n return\r back\\slash \\N \\. NUL\0 half\ud800 "quote" \u2028 ünïcode \u202E';
  const [end] = toEnds([made(9_999, random(1))]);
  if (!end) throw new Error('no end');
  const tame = wild.replace('\0', '\u2400').replace('\ud800', '\ufffd');
  await apply({ insert: [{ ...end, message: wild, labels: { [wild]: wild }, because: [wild, '\\u0000'] }] });
  const { rows } = await db.pool.query('SELECT message, labels, because FROM task_end WHERE id = $1', [
    end.id,
  ]);
  expect(rows).toEqual([{ message: tame, labels: { [tame]: tame }, because: [tame, '\\u0000'] }]);
});
