import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import { applyTaskEnds } from '@/lib/ingest/apply-task-ends';

import { realEnd } from './end-line';
import { fillDatabase } from './fill-database';
import { happeningsOf } from './happenings';
import { loadMonth } from './load-month';
import { createWorld, hoursOf } from './world';

const size = { ends: 700, hosts: 12, apps: 10, days: 3, now: new Date('2026-11-02T09:30:00Z') };

let filled: TestDatabase;
let real: TestDatabase;
beforeAll(async () => {
  filled = await createTestDatabase();
  real = await createTestDatabase();
});
afterAll(async () => {
  await filled.drop();
  await real.drop();
});

it('fills a database with the rows that the collector writes, over two months', async () => {
  const before = await indexesOf(filled);
  const { ends } = await fillDatabase(filled.url, size, { inProcess: loadMonth });
  expect(await indexesOf(filled)).toEqual(before);
  expect(ends).toBeGreaterThan(500);

  const world = createWorld(size);
  const insert = Array.from({ length: hoursOf(world) }, (_, hour) => happeningsOf(world, hour))
    .flat()
    .map((happening) => realEnd(happening, world));
  await real.pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'default')`);
  const client = await real.pool.connect();
  await client.query('BEGIN');
  await applyTaskEnds(client, 1, { insert, revise: [], reopen: [] }, size.now);
  await client.query('COMMIT');
  client.release();

  expect(await rowsOf(filled, 'SELECT * FROM task_end')).toEqual(
    await rowsOf(real, 'SELECT * FROM task_end'),
  );
  for (const rollup of [
    'SELECT * FROM rollup_hour',
    'SELECT * FROM rollup_day_cause',
    'SELECT kind, day, subject, ended, failed, killed, oom, last_failure_at FROM rollup_day WHERE ended > 0',
  ]) {
    expect(await rowsOf(filled, rollup)).toEqual(await rowsOf(real, rollup));
  }
  const [hours] = await rowsOf(
    filled,
    `SELECT (SELECT sum(task_seconds) FROM exposure_hour) = (SELECT sum(task_seconds) FROM rollup_day) AS same`,
  );
  expect(hours).toBe('{"same":true}');
});

async function rowsOf({ pool }: TestDatabase, query: string): Promise<string[]> {
  const { rows } = await pool.query<{ row: string }>(`SELECT to_jsonb(q)::text AS row FROM (${query}) AS q`);
  return rows.map(({ row }) => row.replaceAll(' ', '')).sort();
}

async function indexesOf({ pool }: TestDatabase): Promise<string[]> {
  const { rows } = await pool.query<{ made: string }>(
    `SELECT pg_get_indexdef(i.indexrelid) AS made FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
     WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition`,
  );
  return rows.map(({ made }) => made).sort();
}
