import { afterAll, beforeAll, expect, it } from 'vitest';

import { seedForTests } from './seed-for-tests';
import { createTestDatabase, type TestDatabase } from './test-database';

const now = new Date('2026-11-25T12:00:00Z');

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await seedForTests(db.pool, { now });
});
afterAll(() => db.drop());

it('has thousands of ends of every kind, none after now, all in their month', async () => {
  const { rows } = await db.pool.query(
    `SELECT count(*)::int AS ends, count(DISTINCT cause)::int AS causes, count(DISTINCT host)::int AS hosts,
            count(DISTINCT app_id)::int AS apps, count(reopened_at)::int AS reopened, max(finished_at) < $1 AS past,
            (SELECT count(*)::int FROM task_end_default) AS misplaced
     FROM task_end`,
    [now],
  );
  expect(rows[0]).toMatchObject({ hosts: 12, apps: 10, reopened: 3, past: true, misplaced: 0 });
  expect(rows[0].ends).toBeGreaterThan(2500);
  expect(rows[0].causes).toBeGreaterThan(10);
});

it('has a rollup that equals the ends it was made of', async () => {
  const { rows } = await db.pool.query(
    `SELECT * FROM rollup_hour
     EXCEPT SELECT cluster_id, date_trunc('hour', finished_at, 'UTC'), state, cause, disposition, count(*)
            FROM task_end WHERE reopened_at IS NULL GROUP BY 1, 2, 3, 4, 5`,
  );
  expect(rows).toEqual([]);
});

it('gives the same rows for the same now', async () => {
  const other = await createTestDatabase();
  try {
    await seedForTests(other.pool, { now });
    const digest = `SELECT md5(string_agg(t::text, '' ORDER BY t.id)) AS digest FROM task_end t`;
    const [a, b] = [await db.pool.query(digest), await other.pool.query(digest)];
    expect(a.rows).toEqual(b.rows);
  } finally {
    await other.drop();
  }
});
