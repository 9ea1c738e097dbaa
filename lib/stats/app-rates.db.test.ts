import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { appDetail } from './app-detail';
import { appRates } from './app-rates';
import { insertCluster, insertEnds, insertExposure } from './ends-for-tests';

const now = new Date('2026-11-25T12:00:00Z');
const input = { from: new Date('2026-11-25T10:00:00Z'), to: now, limit: 10 };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, {
    id: 1,
    name: 'east',
    firstPolledAt: '2026-11-20T00:00:00Z',
    lastPolledAt: '2026-11-25T12:00:00Z',
  });
  await insertEnds(db.pool, [
    { at: '2026-11-25T10:10:00Z', appVersion: 'v2', exitCode: 1 },
    { at: '2026-11-25T10:20:00Z', appVersion: 'v2', host: 'node-2' },
    {
      at: '2026-11-25T10:30:00Z',
      firstStatusAt: '2026-11-25T08:59:59.999Z',
      state: 'TASK_KILLED',
      disposition: 'normal',
    },
    { at: '2026-11-25T10:40:00Z', appVersion: 'v2', reopened: true },
    { at: '2026-11-25T10:15:00Z', appId: '/old/app' },
    { at: '2026-11-25T10:16:00Z', appId: null, name: 'etl', frameworkName: 'batch' },
  ]);
  await insertExposure(db.pool, {
    hour: '2026-11-25T10:00:00Z',
    kind: 'host',
    subject: 'node-1',
    seconds: 36_000,
  });
  await insertExposure(db.pool, {
    hour: '2026-11-25T10:00:00Z',
    kind: 'app',
    subject: '/shop/cart',
    seconds: 14_400,
  });
  const app = `INSERT INTO app (cluster_id, framework_id, app_id, kind, version, instances, mem_mb, image, has_health_checks,
                 tasks_running, queue_count, queue_delay_seconds, queue_overdue, definition, last_task_failure,
                 first_seen_at, last_seen_at, gone_at)
               VALUES (1, 'F1', $1, 'app', 'v2', 3, 512, 'shop/cart:2', true, 2, $2, $3, false, $4, $5, now(), now(), $6)`;
  const failure = {
    taskId: 't1',
    state: 'TASK_FAILED',
    message: 'Container exited with status 1',
    host: 'node-1',
    agentId: 'S1',
    at: '2026-11-25T10:10:00.000Z',
    version: 'v2',
  };
  await db.pool.query(app, ['/shop/cart', 1, 30, { id: '/shop/cart' }, failure, null]);
  await db.pool.query(app, ['/quiet', null, null, null, null, null]);
  await db.pool.query(app, ['/removed', null, null, null, { odd: true }, '2026-11-24T00:00:00Z']);
  for (const [version, created] of [
    ['v1', '2026-11-01T00:00:00Z'],
    ['v2', '2026-11-25T09:00:00Z'],
  ])
    await db.pool.query(
      `INSERT INTO app_version (cluster_id, framework_id, app_id, version, created_at, instances, first_seen_at)
       VALUES (1, 'F1', '/shop/cart', $1, $2, 3, now())`,
      [version, created],
    );
  await db.pool.query(
    `INSERT INTO deployment (cluster_id, deployment_id, framework_id, version, affected_apps, actions, first_seen_at,
                             last_seen_at, ended_at)
     VALUES (1, 'd-old', 'F1', 'v1', '{/shop/cart}', '[]', '2026-11-24T09:00:00Z', '2026-11-24T09:05:00Z', '2026-11-24T09:06:00Z'),
            (1, 'd-new', 'F1', 'v2', '{/shop/cart}', '[{"action":"RestartApplication","target":"/shop/cart"}]',
             '2026-11-25T09:58:00Z', '2026-11-25T10:05:00Z', '2026-11-25T10:06:00Z'),
            (1, 'd-other', 'F1', 'v1', '{/quiet}', '[]', '2026-11-25T10:00:00Z', '2026-11-25T10:05:00Z', NULL)`,
  );
});
afterAll(() => db.drop());

describe('appRates', () => {
  it('counts by app, with what Marathon knows of it', async () => {
    const { items, fleet } = await appRates(db.pool, input, now);
    expect(items.map(({ appId, failed }) => [appId, failed])).toEqual([
      ['/shop/cart', 2],
      ['/old/app', 1],
      ['/quiet', 0],
    ]);
    expect(items[0]).toMatchObject({
      ended: 3,
      killed: 1,
      taskHours: 4,
      failuresPer1000TaskHours: 500,
      exists: true,
      instances: 3,
      tasksRunning: 2,
      backedOff: true,
      memMb: 512,
      frameworkName: 'marathon',
    });
    expect(fleet).toMatchObject({ ended: 5, failed: 4, taskHours: 10 });
  });

  it('tells an app that its Marathon no longer has from one whose Marathon is not watched', async () => {
    const { items } = await appRates(db.pool, input, now);
    expect(items.find(({ appId }) => appId === '/old/app')).toMatchObject({ exists: false, instances: null });
    await db.pool.query(`UPDATE task_end SET framework_id = 'F2' WHERE app_id = '/old/app'`);
    const again = await appRates(db.pool, input, now);
    expect(again.items.find(({ appId }) => appId === '/old/app')).toMatchObject({ exists: null });
  });
});

describe('failures by version', () => {
  const appId = '/by/version';
  const versions = async () => {
    const body = await appDetail(db.pool, { ...input, appId }, now);
    return body?.versions.map(({ version, ended, failed }) => [version, ended, failed]);
  };

  beforeAll(async () => {
    for (const [framework, version, created] of [
      ['F1', 'first', '2026-11-25T08:00:00Z'],
      ['F1', 'second', '2026-11-25T09:00:00Z'],
      ['F1', 'third', '2026-11-25T09:30:00Z'],
      ['F2', 'second', '2026-11-25T07:00:00Z'],
    ])
      await db.pool.query(
        `INSERT INTO app_version (cluster_id, framework_id, app_id, version, created_at, first_seen_at)
         VALUES (1, $1, $2, $3, $4, now())`,
        [framework, appId, version, created],
      );
    const at = '2026-11-25T10:05:00Z';
    await insertEnds(db.pool, [
      // Began at the very instant of the version, and a moment before it.
      { at, appId, firstStatusAt: '2026-11-25T09:00:00Z' },
      { at, appId, firstStatusAt: '2026-11-25T08:59:59.999Z' },
      // Stored while Marathon could not be asked: what was known then is not what was in force.
      { at, appId, firstStatusAt: '2026-11-25T09:10:00Z', appVersion: 'first' },
      { at, appId, firstStatusAt: null, startedAt: '2026-11-25T09:40:00Z' },
      { at, appId, firstStatusAt: null, appVersion: 'third', state: 'TASK_KILLED', disposition: 'normal' },
      // Nothing tells: no version is blamed.
      { at, appId, firstStatusAt: null },
      { at, appId, firstStatusAt: '2026-11-25T07:59:00Z' },
      { at, appId, firstStatusAt: '2026-11-25T09:10:00Z', reopened: true },
      // The same id in another Marathon has its own versions.
      { at, appId, frameworkId: 'F2', firstStatusAt: '2026-11-25T09:10:00Z' },
    ]);
  });
  afterAll(() => db.pool.query('DELETE FROM task_end WHERE app_id = $1', [appId]));

  it('counts an end for the version in force when its task began', async () => {
    expect(await versions()).toEqual([
      ['third', 2, 1],
      ['second', 2, 2],
      ['first', 1, 1],
      ['second', 1, 1],
    ]);
  });
});

describe('appDetail', () => {
  it.each(['/shop/cart', 'shop/cart'])(
    'finds %s, its versions, deployments, hosts and newest failures',
    async (appId) => {
      const body = await appDetail(db.pool, { ...input, appId }, now);
      expect(body?.versions.map(({ version, ended, failed }) => [version, ended, failed])).toEqual([
        ['v2', 2, 2],
        ['v1', 1, 0],
      ]);
      expect(body?.deployments.map(({ deploymentId }) => deploymentId)).toEqual(['d-new']);
      expect(body?.hosts).toEqual([
        { host: 'node-1', ended: 2, failed: 1, killed: 1 },
        { host: 'node-2', ended: 1, failed: 1, killed: 0 },
      ]);
      expect(body?.newest.map(({ finishedAt }) => finishedAt)).toEqual([
        '2026-11-25T10:20:00.000Z',
        '2026-11-25T10:10:00.000Z',
      ]);
      expect(body?.lastTaskFailure).toMatchObject({ taskId: 't1', at: '2026-11-25T10:10:00.000Z' });
      expect(body?.definition).toMatchObject({
        queue: { count: 1, delaySeconds: 30, overdue: false },
        goneAt: null,
      });
      expect(JSON.parse(body?.definition?.json ?? '')).toEqual({ id: '/shop/cart' });
    },
  );

  it('still knows an app that is gone, and leaves out a last failure it cannot read', async () => {
    const body = await appDetail(db.pool, { ...input, appId: '/removed' }, now);
    expect(body?.definition?.goneAt).toBe('2026-11-24T00:00:00.000Z');
    expect(body?.rate).toMatchObject({ exists: false, ended: 0 });
    expect(body?.lastTaskFailure).toBeNull();
  });

  it('knows an app that only its ended tasks tell of', async () => {
    const body = await appDetail(db.pool, { ...input, appId: 'old/app' }, now);
    expect(body).toMatchObject({
      definition: null,
      rate: { failed: 1 },
      causes: [{ cause: 'app_exit_nonzero', ends: 1 }],
    });
    const later = await appDetail(
      db.pool,
      { from: now, to: new Date('2026-11-25T13:00:00Z'), appId: '/old/app' },
      now,
    );
    expect(later?.rate).toMatchObject({ ended: 0, failureShare: null });
  });

  it('is null where nobody knows it', async () => {
    expect(await appDetail(db.pool, { ...input, appId: '/nowhere' }, now)).toBeNull();
  });
});
