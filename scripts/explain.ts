/**
 * Asks every page's question of a database, for 24 hours, 7 days and 90 days, and keeps the plan of each statement:
 * <out>/<page>-<window>.txt, and a summary that also goes to stdout.
 *
 *   npm run explain [-- --url postgres://… --out .data/explain --only tasks]
 *
 * Without --url: DATABASE_URL, else the built-in database in .data, which is started if it does not run. Statements that
 * write are undone. Exit code 1 where a table that grows was read from end to end, 10,000 rows or more, or a page failed.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';

import { createPool } from '@/lib/db/pool';

import { builtInDatabase } from './explain/built-in-database';
import { explain } from './explain/explain-statement';
import { pickSubject, type Question, questionsAbout } from './explain/questions';
import { executionMs, sequentialScans } from './explain/read-plan';
import { recordStatements, type Statement } from './explain/record-statements';

const DAY_MS = 86_400_000;
/** A relation of fewer rows is read whole in a millisecond, and no index would be faster. */
const SMALL_ROWS = 10_000;
const WINDOWS = { '24h': DAY_MS, '7d': 7 * DAY_MS, '90d': 90 * DAY_MS };

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    out: { type: 'string', default: '.data/explain' },
    only: { type: 'string', default: '' },
  },
});
const given = options.url ?? process.env.DATABASE_URL;
const server = given === undefined ? await builtInDatabase('.data') : null;
const pool = createPool(given ?? server?.url ?? '', { statementTimeoutMs: 120_000, max: 2 });
const recorder = recordStatements(pool);
try {
  await run();
} finally {
  await pool.end();
  await server?.stop();
}

async function run(): Promise<void> {
  const subject = await pickSubject(pool);
  if (!subject) throw new Error('There is no failure of an app in this database: nothing to ask about.');
  await mkdir(options.out, { recursive: true });
  // Windows end where the data does, so that an old database is asked about its own time.
  const now = new Date(subject.finishedAt.getTime() + 60_000);
  const lines = [
    summaryLine('page', 'window', 'statements', 'asked ms', 'plans ms', 'worst ms', 'sequential scans'),
  ];
  const wanted = questionsAbout(subject).filter(({ page }) => page.includes(options.only));
  for (const question of wanted) {
    for (const [name, ms] of Object.entries(WINDOWS)) {
      const window = { name, from: new Date(now.getTime() - ms), to: now };
      lines.push(
        await keepPlans(pool, question, window, now).catch((thrown) => failed(question.page, name, thrown)),
      );
    }
  }
  const summary = `${lines.join('\n')}\n`;
  await writeFile(join(options.out, 'summary.txt'), summary);
  process.stdout.write(summary);
}

async function keepPlans(
  db: Pool,
  { page, ask }: Question,
  { name, from, to }: { name: string; from: Date; to: Date },
  now: Date,
): Promise<string> {
  // Twice: the first reads what is not in memory yet.
  await ask(db, { from, to }, now);
  recorder.take();
  const started = performance.now();
  await ask(db, { from, to }, now);
  const askedMs = performance.now() - started;
  const statements = recorder.take();
  const plans: { statement: Statement; plan: string[] }[] = [];
  for (const statement of statements) plans.push({ statement, plan: await explain(db, statement) });
  recorder.take();
  await writeFile(join(options.out, `${page}-${name}.txt`), plans.map(toText).join('\n\n'));
  const times = plans.map(({ plan }) => executionMs(plan)).filter((ms) => !Number.isNaN(ms));
  const scans = [...new Set(plans.flatMap(({ plan }) => sequentialScans(plan, SMALL_ROWS)))];
  if (scans.length > 0) process.exitCode = 1;
  return summaryLine(
    page,
    name,
    String(statements.length),
    askedMs.toFixed(1),
    times.reduce((sum, ms) => sum + ms, 0).toFixed(1),
    Math.max(0, ...times).toFixed(1),
    scans.join(' ') || '-',
  );
}

/** One page that cannot be asked does not keep the others from being told of. */
function failed(page: string, window: string, thrown: unknown): string {
  recorder.take();
  process.exitCode = 1;
  const why = thrown instanceof Error ? (thrown.message.trim().split('\n').at(-1) ?? '') : 'unknown';
  return summaryLine(page, window, '-', '-', '-', '-', `failed: ${why}`);
}

function toText({ statement, plan }: { statement: Statement; plan: readonly string[] }): string {
  return [
    `-- ${statement.ms.toFixed(1)} ms when it was asked`,
    statement.text,
    `-- ${values(statement)}`,
    ...plan,
  ].join('\n');
}

/** Parameters, cut: a search text or a list of ids may be long. */
function values(statement: Statement): string {
  return statement.values
    .map((value, index) => `$${index + 1} = ${(JSON.stringify(value) ?? 'null').slice(0, 200)}`)
    .join(', ');
}

function summaryLine(...cells: string[]): string {
  const [page = '', window = '', ...rest] = cells;
  const scans = rest.pop() ?? '';
  return `${page.padEnd(28)}${window.padEnd(8)}${rest.map((cell) => cell.padStart(11)).join('')}  ${scans}`;
}
