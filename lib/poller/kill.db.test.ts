import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { makeBundles } from '../../scripts/bundles.mjs';

const ENDS = 6_000;
const KILLS = 12;

let db: TestDatabase;
let master: Server;
beforeAll(async () => {
  await makeBundles(['poller']);
  db = await createTestDatabase();
  master = createServer((request, response) => {
    const body = request.url?.startsWith('/state')
      ? STATE
      : request.url?.startsWith('/metrics')
        ? '{}'
        : null;
    response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' }).end(body ?? '');
  });
  await once(master.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  master.closeAllConnections();
  master.close();
  await db.drop();
});

const taskIds = Array.from({ length: ENDS }, (_, index) => `job-${index}`);
const STATE = JSON.stringify({
  version: '1.11.0',
  id: 'master-1',
  pid: 'master@127.0.0.1:5050',
  leader: 'master@127.0.0.1:5050',
  hostname: '127.0.0.1',
  start_time: 1_772_000_000,
  elected_time: 1_772_000_001,
  flags: { max_completed_tasks_per_framework: '10000' },
  slaves: [
    {
      id: 'S1',
      hostname: 'node-1',
      pid: 'slave(1)@127.0.0.1:5051',
      active: true,
      resources: {},
      attributes: {},
    },
  ],
  frameworks: [
    {
      id: 'F1',
      name: 'batch',
      tasks: [],
      completed_tasks: taskIds.map((id, index) => ({
        id,
        name: id,
        framework_id: 'F1',
        executor_id: '',
        slave_id: 'S1',
        state: 'TASK_FAILED',
        resources: { cpus: 1, mem: 64, disk: 0 },
        statuses: [
          { state: 'TASK_RUNNING', timestamp: 1_772_100_000 + index },
          { state: 'TASK_FAILED', timestamp: 1_772_100_060 + index },
        ],
      })),
    },
  ],
  completed_frameworks: [],
});

function startCollector(): ChildProcess {
  const { port } = master.address() as AddressInfo; // A TCP server has no other kind of address.
  return spawn(process.execPath, ['dist/poller.mjs'], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      DATABASE_URL: db.url,
      MESOS_MASTER_URLS: `http://127.0.0.1:${port}`,
      POLL_INTERVAL_MS: '1000',
      LOG_LEVEL: 'silent',
    },
  });
}

async function scalar(sql: string): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(sql);
  return rows[0]?.n ?? 0;
}

const ingesting = () =>
  scalar(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()
          AND application_name = 'exit137 collector' AND query LIKE '%INSERT INTO task_end%' AND xact_start IS NOT NULL`);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(2);
}

it('stores every end exactly once though the collector is killed -9 in the middle of its ingest, again and again', async () => {
  for (let kill = 0; kill < KILLS; kill += 1) {
    const collector = startCollector();
    await until(async () => (await ingesting()) > 0);
    await pause(kill * 15); // Another batch of the transaction each time.
    collector.kill('SIGKILL');
    await once(collector, 'exit');
    // Postgres rolls the torn transaction back once it notices the broken session.
    await until(async () => (await ingesting()) === 0);
    const stored = await scalar('SELECT count(*)::int AS n FROM task_end');
    expect([0, ENDS]).toContain(stored);
    if (stored === ENDS) await db.pool.query('TRUNCATE task_end, rollup_hour');
  }
  const collector = startCollector();
  await until(async () => (await scalar('SELECT count(*)::int AS n FROM task_end')) === ENDS);
  // One more poll offers everything again.
  const polls = await scalar('SELECT count(*)::int AS n FROM poll_run WHERE ok');
  await until(async () => (await scalar('SELECT count(*)::int AS n FROM poll_run WHERE ok')) > polls);
  collector.kill('SIGTERM');
  await once(collector, 'exit');

  const { rows } = await db.pool.query<{ task_id: string }>(
    'SELECT task_id FROM task_end ORDER BY task_id COLLATE "C"',
  );
  expect(rows.map((row) => row.task_id)).toEqual([...taskIds].sort());
  expect(await scalar('SELECT sum(ends)::int AS n FROM rollup_hour')).toBe(ENDS);
}, 120_000);
