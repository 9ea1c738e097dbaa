// `npm run replica`: two PostgreSQL of Debian, one following the other, and exit137 in three processes: two that serve
// pages from the replica (ROLE=web, DATABASE_READ_URL) and one that collects (ROLE=poller). Says what it measured, and
// exits with 1 where something is not as docs/scaling.md says.

import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../lib/db/migrate';
import { createPool } from '../lib/db/pool';
import { lookAtReplica } from '../lib/stats/read-replica';
import { startTestCluster } from '../sim/test-cluster';
import { ensureBuild, SERVER_DIR } from './build.mjs';
import { makeBundles } from './bundles.mjs';
import { startChild } from './child.mjs';
import { debianPostgres } from './debian-postgres.mjs';
import { freePort } from './port.mjs';
import { serverIdentity } from './postgres-folder.mjs';
import { createProgress } from './progress.mjs';
import { ROOT } from './root.mjs';

const WAIT_MS = 60_000;
const LOAD_MS = 5_000;
const STOP_MS = 30_000;

type Server = { url: string; stop(how?: NodeJS.Signals): Promise<void> };
const closers: (() => Promise<unknown>)[] = [];
const say = (what: string, found: string) => console.log(`  ${what.padEnd(52)} ${found}`);
let failed = 0;

function check(what: string, isSo: boolean, found: string): void {
  if (!isSo) failed += 1;
  say(`${isSo ? '✓' : '✗'} ${what}`, found);
}

async function until(what: string, condition: () => Promise<boolean>): Promise<number> {
  const since = Date.now();
  while (!(await condition().catch(() => false))) {
    if (Date.now() - since > WAIT_MS) throw new Error(`waited in vain: ${what}`);
    await pause(50);
  }
  return Date.now() - since;
}

// `--as-built`: what was built last, whatever was edited since.
if (!process.argv.includes('--as-built')) await ensureBuild(createProgress());
const found = await debianPostgres({ unpacked: process.argv.includes('--unpacked') });
if (found === null) {
  console.log("Skipped: no PostgreSQL with pg_basebackup here, and Debian's archive cannot be had.");
  process.exit(0);
}
const { bin, env } = found;
const folder = mkdtempSync(join(tmpdir(), 'exit137-replica-'));
chmodSync(folder, 0o755);
await makeBundles(['poller']);
const identity = serverIdentity(folder);
const cluster = await startTestCluster({ speed: 60, realNow: () => Date.now() / 1_000 });
closers.push(() => cluster.stop());
const spawnAs = {
  ...identity.as,
  env: { NODE_ENV: 'test', PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...env } as const,
  cwd: '/',
};

/** Runs one of its programs to its end, as the user that Postgres may be. */
function program(name: string, ...args: string[]): string {
  const [command = '', ...rest] = [...identity.prefix, join(bin, name), ...args];
  const done = spawnSync(command, rest, { ...spawnAs, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${name}: ${done.error?.message ?? done.stderr}`);
  return done.stdout.trim();
}

async function startServer(data: string, port: number): Promise<Server> {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `port=${port}`,
    'hot_standby=on',
  ];
  const [command = '', ...rest] = [
    ...identity.prefix,
    join(bin, 'postgres'),
    ...['-D', data, ...settings.flatMap((one) => ['-c', one])],
  ];
  const child = spawn(command, rest, { ...spawnAs, stdio: 'ignore' });
  const url = `postgres://exit137@127.0.0.1:${port}/exit137`;
  const stop = async (how: NodeJS.Signals = 'SIGINT') => {
    child.kill(how);
    while (child.exitCode === null && child.signalCode === null) await pause(20);
  };
  closers.push(stop);
  await until(`the server on ${port}`, async () => {
    const client = new pg.Client({ connectionString: url.replace(/exit137$/, 'postgres') });
    client.on('error', () => {});
    await client.connect().finally(() => client.end().catch(() => {}));
    return true;
  });
  return { url, stop };
}

/** One process of exit137 as `npm start` and the image run it. */
async function startPart(role: 'web' | 'poller', settings: Record<string, string>) {
  const port = String(await freePort());
  const child = startChild({
    name: role,
    cwd: role === 'web' ? SERVER_DIR : ROOT,
    args: role === 'web' ? ['server.js'] : ['dist/poller.mjs'],
    env: {
      ...settings,
      NODE_ENV: 'production',
      ROLE: role,
      PORT: port,
      HOSTNAME: '127.0.0.1',
      MESOS_MASTER_URLS: cluster.masters.join(','),
      MARATHON_URLS: cluster.marathons.join(','),
      SIMULATED: 'true',
      POLL_INTERVAL_MS: '1000',
      LOG_LEVEL: 'warn',
    },
  });
  closers.push(() => child.stop(STOP_MS));
  return { url: `http://127.0.0.1:${port}`, child };
}

async function page(url: string): Promise<{ status: number; text: string; ms: number }> {
  const since = performance.now();
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - since };
}

try {
  const [first, second] = [await freePort(), await freePort()];
  const [dataFirst, dataSecond] = [join(folder, 'first'), join(folder, 'second')];
  program('initdb', '-D', dataFirst, '-U', 'exit137', '--auth=trust', '-E', 'UTF8');
  appendFileSync(join(dataFirst, 'pg_hba.conf'), 'host replication all 127.0.0.1/32 trust\n');
  const primary = await startServer(dataFirst, first);
  const admin = createPool(primary.url.replace(/exit137$/, 'postgres'));
  await admin.query('CREATE DATABASE exit137');
  await admin.end();
  await migrate({ url: primary.url });
  program(
    'pg_basebackup',
    '-d',
    `host=127.0.0.1 port=${first} user=exit137`,
    '-D',
    dataSecond,
    '-R',
    '-c',
    'fast',
  );
  let replica = await startServer(dataSecond, second);
  say('Postgres', `${program('postgres', '--version')}, a primary and a streaming standby`);

  const onPrimary = createPool(primary.url, { connectTimeoutMs: 1_000 });
  const onReplica = createPool(replica.url, { connectTimeoutMs: 1_000 });
  closers.unshift(
    () => onPrimary.end(),
    () => onReplica.end(),
  );
  const database = { DATABASE_URL: primary.url };
  const poller = await startPart('poller', database);
  const polls = (pool: pg.Pool) =>
    pool
      .query<{ n: number }>(`SELECT count(*)::int AS n FROM poll_run WHERE ok AND source = 'mesos'`)
      .then(({ rows }) => rows[0]?.n ?? 0);
  await until('the first poll', async () => (await polls(onReplica)) > 0);
  const webs = [
    await startPart('web', { ...database, DATABASE_READ_URL: replica.url }),
    await startPart('web', { ...database, DATABASE_READ_URL: replica.url }),
  ];
  for (const { url } of webs) await until(url, async () => (await page(`${url}/readyz`)).status === 200);

  for (const { url } of webs) {
    const tasks = JSON.parse((await page(`${url}/api/v1/tasks?limit=1`)).text) as {
      items: { taskId: string }[];
    };
    const shown = await page(`${url}/tasks`);
    const taskId = tasks.items[0]?.taskId ?? 'no task end';
    check(
      'a page of ROLE=web shows task ends',
      shown.status === 200 && shown.text.includes(taskId),
      `${url}: ${taskId}`,
    );
  }
  const sessions = async (pool: pg.Pool) =>
    (
      await pool.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'exit137 reads'`,
      )
    ).rows[0]?.n ?? 0;
  const [ofReplica, ofPrimary] = [await sessions(onReplica), await sessions(onPrimary)];
  check(
    'they were read from the replica',
    ofReplica > 0 && ofPrimary === 0,
    `${ofReplica} sessions of readers there`,
  );

  await onPrimary.query('CREATE TABLE load (n bigint, text text)');
  const lags: number[] = [];
  const bytes: number[] = [];
  const over = Date.now() + LOAD_MS;
  const load = (async () => {
    while (Date.now() < over)
      await onPrimary.query(`INSERT INTO load SELECT n, repeat('x', 200) FROM generate_series(1, 20000) n`);
  })();
  while (Date.now() < over) {
    // At one look: lookAtReplica forgives what is made up within a quarter of a second.
    const { rows: ahead } = await onPrimary.query<{ at: Date; position: string }>(
      'SELECT clock_timestamp() AS at, pg_current_wal_lsn()::text AS position',
    );
    const { rows: there } = await onReplica.query<{ replayed: Date; behind: number }>(
      `SELECT pg_last_xact_replay_timestamp() AS replayed,
              pg_wal_lsn_diff($1::text::pg_lsn, pg_last_wal_replay_lsn())::float8 AS behind`,
      [ahead[0]?.position],
    );
    const behind = Math.max(0, there[0]?.behind ?? 0);
    bytes.push(behind);
    lags.push(behind === 0 ? 0 : Math.max(0, Number(ahead[0]?.at) - Number(there[0]?.replayed)));
    await pause(50);
  }
  await load;
  const written = await onPrimary.query<{ mb: number }>(
    `SELECT pg_total_relation_size('load') / 1048576 AS mb`,
  );
  const caughtUp = await until('the replica to catch up', async () => {
    const { lagBytes } = await lookAtReplica({ primary: onPrimary, replica: onReplica, awaySince: null });
    return lagBytes === 0 || (lagBytes ?? 1) < 8_192;
  });
  const middle = (all: number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  say(
    `  lag while ${written.rows[0]?.mb} MB are written in ${LOAD_MS / 1000} s`,
    `p50 ${middle(lags).toFixed(0)} ms, max ${Math.max(...lags).toFixed(0)} ms, ${(Math.max(...bytes) / 1e6).toFixed(1)} MB; caught up after ${caughtUp} ms`,
  );
  await onPrimary.query('DROP TABLE load');

  const [web] = webs;
  if (!web) throw new Error('no web');
  await replica.stop();
  const alone = await page(`${web.url}/tasks`);
  check(
    'the replica is stopped: the primary answers',
    alone.status === 200,
    `after ${alone.ms.toFixed(0)} ms`,
  );
  replica = await startServer(dataSecond, second);
  await until('the replica to be read again', async () => {
    await page(`${web.url}/readyz`);
    return (await sessions(onReplica)) > 0;
  });
  say('✓ the replica is back', 'and read again');

  await until('the replica to have all', async () => (await polls(onReplica)) === (await polls(onPrimary)));
  await primary.stop('SIGKILL');
  const orphan = await page(`${web.url}/tasks`);
  check('the primary is killed: pages go on', orphan.status === 200, `after ${orphan.ms.toFixed(0)} ms`);
  const strip = await page(`${web.url}/api/v1/strip`);
  say('  the strip says', (JSON.parse(strip.text) as { notice: string | null }).notice ?? 'nothing');
  await onReplica.query('SELECT pg_promote()');
  await poller.child.stop(STOP_MS);
  const before = await polls(onReplica);
  await startPart('poller', { ...database, DATABASE_URL: replica.url });
  const again = await until('a poll in the promoted one', async () => (await polls(onReplica)) > before);
  check(
    'promoted, with DATABASE_URL there: polls are stored',
    true,
    `${again} ms after the start of the collector`,
  );
} finally {
  for (const close of closers.reverse()) await close().catch(() => {});
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
