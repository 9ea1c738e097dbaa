import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPool } from '@/lib/db/pool';
import { seedForTests } from '@/lib/db/seed-for-tests';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import { explain } from '@/scripts/explain/explain-statement';
import { pickSubject, type Question, questionsAbout } from '@/scripts/explain/questions';
import { partitionsRead, sequentialScans } from '@/scripts/explain/read-plan';
import { recordStatements } from '@/scripts/explain/record-statements';

const now = new Date('2026-11-25T12:00:00Z');
const DAY_MS = 86_400_000;
/** A sequential scan that remains in a plan is one that no index could replace, however small the table. */
const SETTINGS = ['enable_seqscan = off'];

let db: TestDatabase;
let pool: ReturnType<typeof createPool>;
let recorder: ReturnType<typeof recordStatements>;
let questions: Question[];
beforeAll(async () => {
  db = await createTestDatabase();
  for (const parent of ['task_end', 'poll_run', 'exposure_hour', 'log_signal']) {
    for (let month = 5; month <= 12; month += 1) {
      await db.pool.query('SELECT exit137_ensure_month($1, make_timestamptz(2026, $2, 1, 0, 0, 0))', [
        parent,
        month,
      ]);
    }
  }
  await seedForTests(db.pool, { now });
  pool = createPool(db.url, { max: 1 });
  recorder = recordStatements(pool);
  const subject = await pickSubject(db.pool);
  if (!subject) throw new Error('the seed holds no failure of an app');
  questions = questionsAbout(subject);
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});

/** Every statement of a question with its plan. */
async function plansOf({ ask }: Question, days: number): Promise<{ text: string; plan: string[] }[]> {
  recorder.take();
  await ask(pool, { from: new Date(now.getTime() - days * DAY_MS), to: now }, now);
  const plans: { text: string; plan: string[] }[] = [];
  for (const statement of recorder.take()) {
    plans.push({ text: statement.text, plan: await explain(pool, statement, SETTINGS) });
  }
  return plans;
}

const briefly = (text: string) => text.replace(/\s+/g, ' ').slice(0, 300);

it.each([1, 7, 90])('no page reads a big table from end to end, %i days', async (days) => {
  const found: string[] = [];
  for (const question of questions) {
    for (const { text, plan } of await plansOf(question, days)) {
      if (plan[0]?.startsWith('not explained'))
        found.push(`${question.page}: ${plan[0]} in ${briefly(text)}`);
      for (const relation of sequentialScans(plan))
        found.push(`${question.page}: ${relation} in ${briefly(text)}`);
    }
  }
  expect(found).toEqual([]);
});

it('a day is looked for in the months around it', async () => {
  const found: string[] = [];
  for (const question of questions.filter(({ page }) => !WITHOUT_TIME.test(page))) {
    for (const { text, plan } of await plansOf(question, 1)) {
      if (AT_ANY_TIME.some((part) => text.includes(part))) continue;
      for (const table of ['task_end', 'log_signal']) {
        const opened = partitionsRead(plan, table);
        if (opened.length > 3) found.push(`${question.page}: ${opened.join(' ')} in ${briefly(text)}`);
      }
    }
  }
  expect(found).toEqual([]);
});

/** Pages about one task, whose id has no time, and what the collector asks about the present. */
const WITHOUT_TIME = /^(task|status|strip|metrics|.*-loop|evidence-.*|poll-.*)$/;

/** Statements of other pages that mean all time, each an index probe a month. */
const AT_ANY_TIME = [
  // The newest ends of an app, however long ago, tell what it runs on.
  'FROM (SELECT image, mem_mb, agent_id FROM task_end',
  // When a problem was first seen.
  'AS first_seen',
  // The signals themselves, by the key that the range gave: the join's other side has the time.
  'PARTITION BY cluster_id, host, signature',
  // A container id has no time.
  'AS told JOIN evidence',
];

describe('what finds them', () => {
  it.each([
    ['a column without an index', `SELECT count(*) FROM task_end WHERE message = 'x'`, 'task_end_2026_11'],
    ['a big table that is no partition', `SELECT count(*) FROM container WHERE pid = 1`, 'container'],
  ])('%s', async (_, text, relation) => {
    const plan = await explain(pool, { text, values: [], ms: 0 }, SETTINGS);
    expect(sequentialScans(plan)).toContain(relation);
  });

  it('a range without time opens every month', async () => {
    const text = 'SELECT 1 FROM task_end WHERE cluster_id = $1 AND task_id = $2';
    const plan = await explain(pool, { text, values: [1, 'x'], ms: 0 }, SETTINGS);
    expect(partitionsRead(plan, 'task_end').length).toBeGreaterThan(8);
    expect(sequentialScans(plan)).toEqual([]);
  });

  it('a statement that cannot be explained is told of', async () => {
    const plan = await explain(pool, { text: 'SELECT nothing FROM nowhere', values: [], ms: 0 });
    expect(plan[0]).toContain('not explained');
  });

  it('statements of Prisma are recorded, too', async () => {
    const task = questions.find(({ page }) => page === 'task');
    const plans = task ? await plansOf(task, 1) : [];
    expect(plans.some(({ text }) => text.includes('"public"."cluster"'))).toBe(true);
  });
});
