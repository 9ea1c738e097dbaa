import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import { migrate } from '@/lib/db/migrate';
import { createPool } from '@/lib/db/pool';

import { withoutIndexes } from './indexes';
import { type MonthToLoad, monthsOf } from './load-month';
import { fillRollups } from './rollups';
import { fillExposure, fillSurroundings, fillTraces } from './surroundings';
import { createWorld, type FillSize } from './world';

const BIG = ['task_end', 'exposure_hour', 'app_memory', 'log_signal', 'evidence'];
const GROWING = ['task_end', 'exposure_hour', 'log_signal', 'poll_run'];

/**
 * Fills an empty database: task ends by COPY into tables without indexes, what is counted from them by the collector's
 * own statements. `log`: one line a step. Settles when all is indexed and analysed. Needs a superuser (session settings).
 */
export async function fillDatabase(
  url: string,
  size: FillSize,
  {
    log = () => {},
    inProcess,
  }: { log?: (line: string) => void; inProcess?: (month: MonthToLoad) => Promise<number> } = {},
): Promise<{ ends: number }> {
  const began = performance.now();
  const step = (what: string) =>
    log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${what}`);
  await migrate({ url });
  const pool = createPool(url, { max: 1, statementTimeoutMs: 0 });
  try {
    await pool.query(
      `SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'`,
    );
    const world = createWorld(size);
    const months = monthsOf(world);
    for (const parent of GROWING) {
      for (const month of months)
        await pool.query('SELECT exit137_ensure_month($1, $2)', [parent, `${month}-01T00:00:00Z`]);
    }
    const restore = await withoutIndexes(pool, BIG);
    step(`${world.deploymentsOf.flat().length} deployments planned, ${months.length} months`);
    await fillSurroundings(pool, world);
    step('agents, apps, versions, deployments');
    const ends = await loadEnds({ url, size, months, load: inProcess ?? inOwnProcess });
    step(`${ends} task ends`);
    await fillExposure(pool, world, months);
    step('task-hours');
    await pool.query('ANALYZE');
    await fillRollups(pool, months);
    step('rollups');
    await fillTraces(pool, world);
    step('polls, signals, evidence, memory samples');
    await restore();
    step('indexes');
    await pool.query(
      'VACUUM (FREEZE, ANALYZE) rollup_hour, rollup_day, rollup_day_cause, exposure_hour, app_memory, log_signal, evidence, poll_run, deployment, app_version, agent, app',
    );
    await pool.query('ANALYZE');
    step('analysed');
    return { ends };
  } finally {
    await pool.end();
  }
}

type Loader = (month: MonthToLoad) => Promise<number>;

/** As many months at a time as there are cores. */
async function loadEnds(job: {
  url: string;
  size: FillSize;
  months: readonly string[];
  load: Loader;
}): Promise<number> {
  const waiting = [...job.months];
  let rows = 0;
  const work = async () => {
    for (let month = waiting.shift(); month !== undefined; month = waiting.shift()) {
      const loaded = await job.load({ url: job.url, size: job.size, month });
      rows += loaded;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return rows;
}

function inOwnProcess(month: MonthToLoad): Promise<number> {
  const child = fork(fileURLToPath(new URL('load-month-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  return new Promise((resolve, reject) => {
    let rows: number | null = null;
    child.once('error', reject);
    child.once('message', (told: { rows: number }) => {
      rows = told.rows;
    });
    child.once('exit', (code) =>
      code === 0 && rows !== null
        ? resolve(rows)
        : reject(new Error(`loading ${month.month} ended with ${code}`)),
    );
    child.send(month);
  });
}
