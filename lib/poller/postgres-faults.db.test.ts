import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  type Forwarder,
  type OwnServer,
  type Pair,
  startForwarder,
  startPair,
} from '@/lib/db/test-database-server';
import { databaseTrouble } from '@/lib/db/trouble';

import { compareWithTruth } from '../../scripts/chaos/compare-with-truth';
import type { Cluster } from '../../sim/start-cluster';
import { startTestCluster } from '../../sim/test-cluster';
import { startTestCollector, type TestCollector } from './collector-for-tests';

// A real primary and its standby, a collector as the program runs it, and a simulated cluster whose tasks go on ending.
// One fault follows the other; after each, what is stored is what happened: each end once, the rollups alike, no gap.

const INTERVAL_MS = 300;
const HOUR = 3_600;
const DISK_MB = 200;

const folder = mkdtempSync(join(tmpdir(), 'exit137-faults-'));
const hasSmallDisk = mountSmallDisk(join(folder, 'primary'));
let pair: Pair;
let address: Forwarder;
let cluster: Cluster;
let collector: TestCollector;

beforeAll(async () => {
  pair = await startPair(folder);
  address = await startForwarder(pair.primary);
  cluster = await startTestCluster({
    historySeconds: HOUR,
    // Days that can be skipped before stamps would come from the future.
    behindSeconds: 7 * 86_400,
    realNow: () => Date.now() / 1000,
    welcomes: false,
    ringSize: 20_000,
  });
  collector = startTestCollector({
    url: address.url,
    masters: cluster.masters,
    marathons: cluster.marathons,
    intervalMs: INTERVAL_MS,
  });
  await expectTruth(pair.primary);
}, 120_000);
afterAll(async () => {
  await collector?.stop();
  await cluster?.stop();
  await address?.close();
  await pair?.remove();
  if (hasSmallDisk) spawnSync('umount', [join(folder, 'primary')]);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** A file system of a few megabytes in memory. False: this user may not mount one. */
function mountSmallDisk(path: string): boolean {
  mkdirSync(path, { recursive: true });
  const options = ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'exit137-faults', path];
  return process.getuid?.() === 0 && spawnSync('mount', options, { stdio: 'ignore' }).status === 0;
}

/** Some dozens of tasks end. */
function goOn(): void {
  cluster.simulation.skip(2 * HOUR);
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await pause(20);
}

const inTrouble = (text: string) => until(() => databaseTrouble()?.message.includes(text) === true);

async function count({ pool }: OwnServer, what: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${what}`);
  return rows[0]?.n ?? 0;
}

/** Two polls from now on: the first may have been read before. */
async function polledTwice(server: OwnServer): Promise<void> {
  const polls = () => count(server, `poll_run WHERE ok AND source = 'mesos'`);
  const before = await polls();
  await until(async () => (await polls()) >= before + 2);
}

async function expectTruth(server: OwnServer): Promise<void> {
  await polledTwice(server);
  expect(databaseTrouble()).toBe(null);
  const comparison = await compareWithTruth(server.pool, cluster.simulation.ends());
  expect(comparison).toMatchObject({ lost: [], doubled: [], drift: 0, gaps: [] });
}

it('Postgres restarted while polls run', async () => {
  for (let round = 0; round < 3; round += 1) {
    goOn();
    await pause(round * 70); // Another moment of the poll each time.
    await pair.primary.stop();
    goOn();
    await inTrouble('Postgres cannot be used now');
    await pair.primary.start();
  }
  await expectTruth(pair.primary);
}, 60_000);

it('every connection cut, again and again', async () => {
  let cuts = 0;
  for (let round = 0; round < 30; round += 1) {
    if (round % 3 === 0) goOn();
    await pause((round * 37) % 150);
    const { rowCount } = await pair.primary.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'exit137 collector'`,
    );
    cuts += rowCount ?? 0;
  }
  expect(cuts).toBeGreaterThan(20);
  await expectTruth(pair.primary);
}, 60_000);

it.skipIf(!hasSmallDisk)(
  'its disk full, then with room again',
  async () => {
    const ballast = join(folder, 'primary', 'ballast');
    // A fresh segment of the log, that the table files are what finds no room: without room for its log, Postgres ends
    // itself, which is a restart for us.
    await pair.primary.pool.query('SELECT pg_switch_wal()');
    // Ends with 'no space left': that is what it is for.
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { stdio: 'ignore' });
    for (let round = 0; round < 8; round += 1) {
      goOn();
      await pause(INTERVAL_MS / 2);
    }
    await inTrouble('The disk of Postgres is full (53100)');
    expect(databaseTrouble()).toMatchObject({ code: 'DATABASE_DISK_FULL' });
    goOn();
    await pause(3 * INTERVAL_MS);
    rmSync(ballast);
    await expectTruth(pair.primary);
  },
  60_000,
);

it('a failover to a standby that lacks the last writes, and is not promoted at once', async () => {
  goOn();
  await polledTwice(pair.primary);
  await pair.separate();
  goOn();
  await polledTwice(pair.primary);
  const stored = await count(pair.primary, 'task_end');
  await pair.primary.kill();
  expect(await count(pair.standby, 'task_end')).toBeLessThan(stored);
  goOn();
  address.to(pair.standby);
  await inTrouble('(25006): it takes no writes');
  await pair.standby.pool.query('SELECT pg_promote()');
  await expectTruth(pair.standby);
}, 60_000);
