/**
 * Asks each page's questions, 40 times with other subjects, over 24 hours, 7 and 90 days: all queries of a page
 * together. Beside them, on the same database in the same run, an index-only point lookup and the plain GROUP BY over
 * task_end that a page would need without what is counted before.
 *
 *   npx tsx bench/ask.ts --dir /tmp/big/pg | --url postgres://… [--rounds 40] [--only host] [--quick]
 *
 * Without either: a database of its own, filled with 200,000 ends (--ends) in a temporary folder.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';

import { createPool } from '@/lib/db/pool';
import { appDetail } from '@/lib/stats/app-detail';
import { appRates } from '@/lib/stats/app-rates';
import { hostDetail } from '@/lib/stats/host-detail';
import { hostRates } from '@/lib/stats/host-rates';
import { listTasks } from '@/lib/stats/list-tasks';
import { overview } from '@/lib/stats/overview';
import { review } from '@/lib/stats/review';
import { taskDetail } from '@/lib/stats/task-detail';
import { timeline } from '@/lib/stats/timeline';

import { startPostgres } from '../scripts/postgres.mjs';
import { fillDatabase } from './fill/fill-database';
import { report } from './report';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    dir: { type: 'string' },
    ends: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '40' },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
  },
});
const ROUNDS = values.quick ? 10 : Number(values.rounds);
const DAY_MS = 86_400_000;
const WINDOWS = { '24 h': DAY_MS, '7 d': 7 * DAY_MS, '90 d': 90 * DAY_MS };
const MOST_ROWS = 1000;
const NAIVE = `SELECT host, cause, count(*), count(*) FILTER (WHERE disposition = 'failure')
  FROM task_end WHERE reopened_at IS NULL AND finished_at >= $1 AND finished_at < $2 GROUP BY host, cause`;

type Window = { from: Date; to: Date };
type Subject = { cluster: string; id: string; taskId: string; host: string; appId: string; at: Date };
type Ask = (subject: Subject, window: Window, now: Date) => Promise<unknown>;

const own = values.url === undefined && values.dir === undefined;
const dir = own ? await mkdtemp(join(tmpdir(), 'exit137-ask-')) : values.dir;
const server = dir === undefined ? null : await startPostgres({ dataDir: dir });
try {
  const url = values.url ?? server?.url ?? '';
  if (own) {
    const size = { ends: Number(values.ends), hosts: 500, apps: 300, days: 90, now: new Date() };
    await fillDatabase(url, size, { log: console.log });
  }
  const pool = createPool(url, { statementTimeoutMs: 120_000 });
  try {
    await run(pool);
  } finally {
    await pool.end();
  }
} finally {
  await server?.stop();
  if (own && dir !== undefined) await rm(dir, { recursive: true, force: true });
}

async function run(pool: Pool): Promise<void> {
  const subjects = await pickSubjects(pool);
  const [first] = subjects;
  if (!first) throw new Error('There is no failure of an app in this database: nothing to ask about.');
  // The windows end where the data does.
  const now = new Date(Math.max(...subjects.map(({ at }) => at.getTime())) + 1_000);
  const { rows } = await pool.query<{ ends: string }>(`SELECT sum(ends)::text AS ends FROM rollup_hour`);
  console.log(`${Number(rows[0]?.ends).toLocaleString('en')} task ends; windows end at ${now.toISOString()}`);
  const point = await times(subjects, (subject) =>
    pool.query('SELECT id FROM task_end WHERE cluster_id = 1 AND id = $1 AND finished_at = $2', [
      subject.id,
      subject.at,
    ]),
  );
  const floorValue = p50(point);
  const floor = 'index-only point lookup, p50';
  report({ measure: 'point lookup, p50', value: floorValue, unit: 'ms' });
  for (const [name, ask] of Object.entries(pages(pool))) {
    if (!name.includes(values.only)) continue;
    for (const [span, ms] of Object.entries(WINDOWS)) {
      const window = { from: new Date(now.getTime() - ms), to: now };
      if (/review|\/tasks\/|newest/.test(name) && span !== '24 h') continue;
      await ask(first, window, now);
      const taken = await times(subjects, (subject) => ask(subject, window, now));
      const bar = span === '90 d' ? 100 : 50;
      const value = p95(taken);
      console.log(
        `${`${name}, ${span}`.padEnd(34)} p50 ${p50(taken).toFixed(1).padStart(8)} ms   p95 ${value.toFixed(1).padStart(8)} ms   ${value <= bar ? 'pass' : 'SHORT'}`,
      );
      report({
        measure: `${name}, ${span}, p95`,
        value,
        unit: 'ms',
        floor,
        floorValue,
        held: value,
        bar: { most: bar },
      });
    }
  }
  for (const [span, ms] of Object.entries(WINDOWS)) {
    if (values.only !== '') break;
    const window = [new Date(now.getTime() - ms), now];
    const taken: number[] = [];
    for (let round = 0; round < 3; round += 1) taken.push(await timed(() => pool.query(NAIVE, window)));
    console.log(
      `${`naive GROUP BY host, cause, ${span}`.padEnd(34)} p50 ${p50(taken).toFixed(1).padStart(8)} ms`,
    );
    report({ measure: `naive GROUP BY, ${span}, p50`, value: p50(taken), unit: 'ms', floor, floorValue });
  }
}

function pages(pool: Pool): Record<string, Ask> {
  const pollIntervalMs = 30_000;
  return {
    '/': (_, window, now) => overview(pool, { ...window, pollIntervalMs }, now),
    '/hosts': (_, window, now) => hostRates(pool, { ...window, limit: MOST_ROWS }, now),
    // The page also asks how many hosts there are.
    '/hosts/{host}': ({ host }, window, now) =>
      Promise.all([
        hostDetail(pool, { ...window, hostname: host }, now),
        hostRates(pool, { ...window, limit: MOST_ROWS }, now),
      ]),
    '/api/v1/hosts/{host}': ({ host }, window, now) => hostDetail(pool, { ...window, hostname: host }, now),
    '/apps': (_, window, now) => appRates(pool, { ...window, limit: MOST_ROWS }, now),
    '/apps/{app}': ({ appId }, window, now) => appDetail(pool, { ...window, appId }, now),
    '/review/{day}': ({ at }, _, now) =>
      review(pool, { day: at.toISOString().slice(0, 10), timeZone: 'Europe/Berlin' }, now),
    '/tasks': (_, window, now) => listTasks(pool, { ...window, limit: 50 }, now),
    '/tasks, newest': (_, __, now) => listTasks(pool, { from: null, to: null, limit: 50 }, now),
    '/tasks/{task}': ({ cluster, taskId }, _, now) => taskDetail(pool, { cluster, taskId }, now),
    timeline: (_, window, now) => timeline(pool, window, now),
    'timeline of a host': ({ host }, window, now) => timeline(pool, { ...window, host }, now),
    'timeline of an app': ({ appId }, window, now) => timeline(pool, { ...window, app: appId }, now),
  };
}

/** Failures of apps, spread over all that is stored, the newest among them. */
async function pickSubjects(pool: Pool): Promise<Subject[]> {
  const { rows } = await pool.query<Subject>(
    `SELECT c.name AS cluster, e.id, e.task_id AS "taskId", e.host, e.app_id AS "appId", e.finished_at AS at
     FROM cluster c CROSS JOIN LATERAL (SELECT first_polled_at AS first, last_polled_at AS last) AS of
     CROSS JOIN generate_series(0, $1::int - 1) AS n
     CROSS JOIN LATERAL (
       SELECT * FROM task_end t WHERE t.cluster_id = c.id AND t.disposition = 'failure' AND t.reopened_at IS NULL
         AND t.finished_at <= of.last - (of.last - of.first) * (n::float8 / $1) AND t.app_id IS NOT NULL
       ORDER BY t.finished_at DESC LIMIT 1
     ) AS e WHERE c.id = 1 ORDER BY n`,
    [ROUNDS],
  );
  return rows;
}

async function times(
  subjects: readonly Subject[],
  ask: (subject: Subject) => Promise<unknown>,
): Promise<number[]> {
  const taken: number[] = [];
  for (const subject of subjects) taken.push(await timed(() => ask(subject)));
  return taken;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function p50(taken: readonly number[]): number {
  return [...taken].sort((a, b) => a - b)[Math.floor(taken.length / 2)] ?? Number.NaN;
}

function p95(taken: readonly number[]): number {
  return [...taken].sort((a, b) => a - b)[Math.ceil(taken.length * 0.95) - 1] ?? Number.NaN;
}
