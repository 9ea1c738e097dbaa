import { afterAll, beforeAll, expect, it } from 'vitest';

import { inTransaction } from '@/lib/db/in-transaction';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MarathonApp } from '@/lib/domain/cluster';
import type { LiveTask, MasterSnapshot } from '@/lib/domain/snapshot';

import { applyStuckKills } from './apply-stuck-kills';
import type { MarathonKnowledge, SeenDeployment } from './marathon-context';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'c1')`);
});
afterAll(() => db.drop());

const START = Date.now() - 3_600_000;
const minute = (minutes: number) => new Date(START + minutes * 60_000);
const UUID = '0a1b2c3d-0000-11ea-8000-0242ac110002';

const task = (taskId: string, killingSince: Date | null = null): LiveTask => ({
  frameworkId: 'F1',
  taskId: `${taskId}.${UUID}`,
  agentId: 'S1',
  state: 'TASK_RUNNING',
  firstStatusAt: minute(-999),
  killingSince,
});
const app = (appId: string, instances: number, killGraceSeconds: number | null = null): MarathonApp => ({
  appId,
  kind: 'app',
  version: '2026-01-01T00:00:00.000Z',
  instances,
  cpus: 1,
  memMb: 64,
  diskMb: 0,
  image: null,
  cmd: null,
  hasHealthChecks: false,
  labels: {},
  lastScalingAt: minute(0),
  lastConfigChangeAt: null,
  tasksRunning: 1,
  tasksHealthy: 0,
  tasksUnhealthy: 0,
  tasksStaged: 0,
  lastTaskFailure: null,
  killGraceSeconds,
  definition: null,
  jvmFlags: [],
});

/** One poll at a minute: what lives, what Marathon has. Answers all rows, oldest first. */
async function poll(
  minutes: number,
  live: LiveTask[],
  { apps = [] as MarathonApp[], deployments = [] as SeenDeployment[], complete = true } = {},
) {
  const snapshot = { live, complete } as Partial<MasterSnapshot> as MasterSnapshot; // All that is looked at.
  const knowledge: MarathonKnowledge = {
    frameworkId: 'F1',
    apps: new Map(apps.map((one) => [one.appId, one])),
    deployments,
    versions: new Map(),
  };
  await inTransaction(db.pool, (client) =>
    applyStuckKills(
      client,
      1,
      { snapshot, marathons: new Map([['F1', knowledge]]), now: minute(minutes) },
      { hostnames: new Map([['S1', 'node-1']]), frameworkNames: new Map() },
    ),
  );
  const { rows } = await db.pool.query(
    `SELECT task_id, kind, host, app_id, limit_seconds, since, first_seen_at, last_seen_at, ended_at
     FROM stuck_kill WHERE cluster_id = 1 ORDER BY since, task_id`,
  );
  return rows;
}

it('opens a stuck kill once, keeps it while it lasts, and closes it', async () => {
  const killing = task('shop_web', minute(0));
  const apps = [app('/shop/web', 1, 60)];
  expect(await poll(3, [killing], { apps })).toEqual([]);
  const row = {
    task_id: killing.taskId,
    kind: 'task_killing',
    host: 'node-1',
    app_id: '/shop/web',
    limit_seconds: 180,
    since: minute(0),
    first_seen_at: minute(4),
    ended_at: null,
  };
  expect(await poll(4, [killing], { apps })).toEqual([{ ...row, last_seen_at: minute(4) }]);
  expect(await poll(5, [killing], { apps })).toEqual([{ ...row, last_seen_at: minute(5) }]);
  // A cut state proves nothing gone.
  expect(await poll(6, [], { apps, complete: false })).toEqual([{ ...row, last_seen_at: minute(5) }]);
  expect(await poll(7, [], { apps })).toEqual([{ ...row, last_seen_at: minute(5), ended_at: minute(7) }]);
  expect(await poll(8, [], { apps })).toEqual([{ ...row, last_seen_at: minute(5), ended_at: minute(7) }]);
  await db.pool.query('DELETE FROM stuck_kill');
});

it('sees a task that outlives its app by the time it was found gone, with the grace period it had', async () => {
  await db.pool.query(
    `INSERT INTO app (cluster_id, framework_id, app_id, kind, version, instances, has_health_checks, labels,
                      kill_grace_seconds, first_seen_at, last_seen_at, gone_at)
     VALUES (1, 'F1', '/gone', 'app', 'v', 1, false, '{}', 30, $1, $1, $1)`,
    [minute(10)],
  );
  const left = task('gone');
  expect(await poll(12, [left])).toEqual([]);
  expect(await poll(13, [left])).toMatchObject([
    { kind: 'marathon', app_id: '/gone', since: minute(10), limit_seconds: 150, ended_at: null },
  ]);
  // Made anew, before the row of the app says so.
  expect(await poll(14, [left], { apps: [app('/gone', 1)] })).toMatchObject([{ ended_at: minute(14) }]);
  await db.pool.query('DELETE FROM stuck_kill; DELETE FROM app');
});

it('sees a task of an app scaled to zero, but not while a deployment may keep it waiting', async () => {
  const left = task('shop_web');
  const apps = [app('/shop/web', 0)];
  const deployment = (affectedApps: string[]): SeenDeployment => ({
    deploymentId: 'd',
    version: 'v',
    affectedApps,
    actions: [],
    frameworkId: 'F1',
    firstSeenAt: minute(0),
    endedAt: null,
  });
  expect(await poll(5, [left], { apps, deployments: [deployment(['/shop/web', '/shop/db'])] })).toEqual([]);
  expect(await poll(5, [left], { apps: [app('/shop/web', 1)] })).toEqual([]);
  expect(await poll(5, [left], { apps, deployments: [deployment(['/shop/web'])] })).toMatchObject([
    { kind: 'marathon', since: minute(0), limit_seconds: 125 },
  ]);
});
