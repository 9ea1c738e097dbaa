import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { appJvm } from './app-jvm';
import { insertCluster, insertEnds } from './ends-for-tests';
import { insertSignals } from './signals-for-tests';

const now = new Date('2026-11-25T12:00:00Z');

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, { id: 1, name: 'east', firstPolledAt: null, lastPolledAt: null });
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('TRUNCATE app, agent, task_end, log_signal, app_memory CASCADE'));

const define = (flags: unknown, more: { cmd?: string; image?: string } = {}) =>
  db.pool.query(
    `INSERT INTO app (cluster_id, framework_id, app_id, kind, version, instances, mem_mb, image, cmd, jvm_flags,
                      has_health_checks, first_seen_at, last_seen_at)
     VALUES (1, 'F1', '/shop/cart', 'app', 'v', 1, 4096, $2, $3, $1, false, now(), now())`,
    [flags === null ? null : JSON.stringify(flags), more.image ?? 'openjdk:8u121', more.cmd ?? null],
  );
const ids = (report: Awaited<ReturnType<typeof appJvm>>) => report?.findings.map(({ id }) => id);

it('is null for what shows no JVM', async () => {
  expect(await appJvm(db.pool, 1, '/none', now)).toBeNull();
  await define([], { image: 'nginx:1.25' });
  expect(await appJvm(db.pool, 1, '/shop/cart', now)).toBeNull();
});

it('reckons with the largest host that the app lately ran on', async () => {
  await define([]);
  await db.pool.query(
    `INSERT INTO agent (cluster_id, agent_id, hostname, active, mem_mb, first_seen_at, last_seen_at)
     VALUES (1, 'S1', 'node-1', true, 16000, now(), now()), (1, 'S2', 'node-2', true, 64000, now(), now()),
            (1, 'S3', 'node-3', true, 512000, now(), now())`,
  );
  await insertEnds(db.pool, [
    { at: '2026-11-25T10:00:00Z', agentId: 'S1' },
    { at: '2026-11-25T10:01:00Z', agentId: 'S2' },
    { at: '2026-11-25T10:02:00Z', agentId: 'S3', appId: '/other' },
  ]);
  const report = await appJvm(db.pool, 1, '/shop/cart', now);
  expect(report?.javaVersion).toBe('8u121');
  expect(JSON.stringify(report?.findings)).toContain('16,000 MB');
  expect(JSON.stringify(report?.findings)).not.toMatch(/128,000|512,000/);
});

it('a definition that was never searched for flags is no definition without flags', async () => {
  await define(null);
  expect(ids(await appJvm(db.pool, 1, '/shop/cart', now))).not.toContain('no_heap_limit');
  await db.pool.query(`UPDATE app SET jvm_flags = '[]'`);
  expect(ids(await appJvm(db.pool, 1, '/shop/cart', now))).toContain('no_heap_limit');
});

it('takes the newest kill of the app that a log told of', async () => {
  await define([{ from: 'cmd', flags: ['-Xmx2g'] }], { cmd: 'java -Xmx2g -jar a.jar' });
  expect(ids(await appJvm(db.pool, 1, '/shop/cart', now))).not.toContain('off_heap');
  await insertSignals(db.pool, [
    { at: '2026-11-25T09:00:00Z', appId: '/shop/cart', anonRssKb: 1000 },
    { at: '2026-11-25T10:00:00Z', appId: '/shop/cart', anonRssKb: 4_100_000 },
    { at: '2026-11-25T11:00:00Z', appId: '/other', anonRssKb: 1000 },
  ]);
  expect(ids(await appJvm(db.pool, 1, '/shop/cart', now))).toContain('off_heap');
});

it('sees the saw-tooth of its deaths, by samples of its memory', async () => {
  await define([]);
  await insertEnds(
    db.pool,
    Array.from({ length: 12 }, (_, n) => ({
      at: new Date(now.getTime() - (n + 1) * 40 * 60_000).toISOString(),
      cause: 'oom_cgroup_limit',
    })),
  );
  const told = async () => JSON.stringify((await appJvm(db.pool, 1, '/shop/cart', now))?.findings);
  // That they died at their limit is not known yet.
  expect(await told()).not.toContain('40 minutes');
  await db.pool.query(
    `INSERT INTO app_memory VALUES (1, '/shop/cart', '2026-11-25T10:00:00Z', 4290000000, 4000000000, 4294967296, 1)`,
  );
  expect(await told()).toContain('40 minutes');
});

it('takes nothing from before the definition last changed, and no death of the whole host', async () => {
  await define([{ from: 'cmd', flags: ['-Xmx2g'] }], { cmd: 'java -Xmx2g -jar a.jar' });
  await insertSignals(db.pool, [{ at: '2026-11-25T10:00:00Z', appId: '/shop/cart', anonRssKb: 4_100_000 }]);
  await insertEnds(db.pool, [
    { at: '2026-11-25T10:00:00Z', cause: 'oom_cgroup_limit' },
    { at: '2026-11-25T11:30:00Z', cause: 'oom_host' },
  ]);
  expect(ids(await appJvm(db.pool, 1, '/shop/cart', now))).toContain('off_heap');
  await db.pool.query(`UPDATE app SET last_config_change_at = '2026-11-25T11:00:00Z'`);
  const report = await appJvm(db.pool, 1, '/shop/cart', now);
  expect(ids(report)).toEqual(['heap_fits']);
  expect(report?.recommendation).toBeNull();
});

it('takes no pace of the back-off for a saw-tooth', async () => {
  await define([]);
  await db.pool.query(
    `INSERT INTO app_memory VALUES (1, '/shop/cart', '2026-11-25T10:00:00Z', 4290000000, 4000000000, 4294967296, 1)`,
  );
  await insertEnds(
    db.pool,
    Array.from({ length: 12 }, (_, n) => {
      const at = now.getTime() - (n + 1) * 300_000;
      return {
        at: new Date(at).toISOString(),
        startedAt: new Date(at - 20_000).toISOString(),
        cause: 'oom_cgroup_limit',
      };
    }),
  );
  expect(ids(await appJvm(db.pool, 1, '/shop/cart', now))).not.toContain('saw_tooth');
});
