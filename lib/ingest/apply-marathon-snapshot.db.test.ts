import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MarathonApp, MarathonDeployment } from '@/lib/domain/cluster';
import type { MarathonSnapshot } from '@/lib/domain/snapshot';

import { applyAppVersions, applyMarathonSnapshot } from './apply-marathon-snapshot';
import { type Lease, takeLease } from './lease';
import { loadMemory } from './memory';

let db: TestDatabase;
let lease: Lease;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'c')`);
  const taken = await takeLease(db.pool, { clusterId: 1, holder: 'me', ttlMs: 60_000 });
  if (!taken) throw new Error('no lease');
  lease = taken;
});
afterAll(() => db.drop());

const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);

function app(appId: string, version: string): MarathonApp {
  return {
    appId,
    kind: 'app',
    version,
    instances: 2,
    cpus: 0.5,
    memMb: 512,
    diskMb: 0,
    image: 'shop/cart:1',
    cmd: null,
    jvmFlags: [],
    hasHealthChecks: true,
    labels: { team: 'shop' },
    lastScalingAt: null,
    lastConfigChangeAt: null,
    tasksRunning: 2,
    tasksHealthy: 2,
    tasksUnhealthy: 0,
    tasksStaged: 0,
    lastTaskFailure: null,
    killGraceSeconds: 10,
    definition: { id: appId },
  };
}

const deployment: MarathonDeployment = {
  deploymentId: 'd-1',
  version: '2026-03-01T12:00:00.000Z',
  affectedApps: ['/shop/cart'],
  affectedPods: ['/shop/pod'],
  actions: [{ action: 'RestartApplication', target: '/shop/cart' }],
  currentStep: 1,
  totalSteps: 1,
};

function snapshot(more: Partial<MarathonSnapshot>): MarathonSnapshot {
  return {
    url: 'http://marathon.example.test:8080',
    frameworkId: 'f1',
    frameworkName: 'marathon',
    version: '1.10.26',
    apps: [],
    deployments: [],
    queue: [],
    rejects: { count: 0, samples: [] },
    warnings: [],
    bytes: 1,
    ...more,
  };
}

const poll = async (given: MarathonSnapshot, clock: string, memory = loadMemory(db.pool, 1)) =>
  applyMarathonSnapshot(db.pool, lease, await memory, {
    snapshot: given,
    source: 'marathon:x',
    startedAt: at(clock),
    now: at(clock),
  });

const rows = async (sql: string) => (await db.pool.query(sql)).rows;

describe('applyMarathonSnapshot', () => {
  it('keeps an app, each of its versions, its queue and its deployment, and says when they are gone', async () => {
    const first = app('/shop/cart', '2026-03-01T09:00:00.000Z');
    const second = app('/shop/cart', '2026-03-01T12:00:00.000Z');
    const queue = [{ appId: '/shop/cart', count: 1, delaySeconds: 30, overdue: false }];
    await poll(snapshot({ apps: [first] }), '12:00:00');
    const knowledge = await poll(snapshot({ apps: [second], deployments: [deployment], queue }), '12:00:30');
    expect(knowledge.versions.get('/shop/cart')).toEqual([at('09:00:00'), at('12:00:00')]);
    expect(knowledge.deployments).toMatchObject([
      { deploymentId: 'd-1', affectedApps: ['/shop/cart', '/shop/pod'] },
    ]);
    expect(await rows('SELECT version, queue_count, queue_delay_seconds, gone_at FROM app')).toEqual([
      { version: second.version, queue_count: 1, queue_delay_seconds: 30, gone_at: null },
    ]);
    expect(await rows('SELECT version FROM app_version ORDER BY created_at')).toEqual([
      { version: first.version },
      { version: second.version },
    ]);
    await poll(snapshot({}), '12:01:00');
    expect(await rows('SELECT gone_at FROM app')).toEqual([{ gone_at: at('12:01:00') }]);
    expect(await rows('SELECT first_seen_at, ended_at FROM deployment')).toEqual([
      { first_seen_at: at('12:00:30'), ended_at: at('12:01:00') },
    ]);
  });

  it('calls nothing gone or ended because a part could not be read', async () => {
    await poll(
      snapshot({ apps: [app('/kept', '2026-03-01T09:00:00.000Z')], deployments: [deployment] }),
      '13:00:00',
    );
    const rejects = { count: 1, samples: [] };
    const warnings = [{ code: 'deployments_unavailable', message: 'deployments: 500' }];
    await poll(snapshot({ rejects, warnings }), '13:00:30');
    expect(await rows(`SELECT gone_at FROM app WHERE app_id = '/kept'`)).toEqual([{ gone_at: null }]);
    expect(await rows('SELECT ended_at FROM deployment')).toEqual([{ ended_at: null }]);
  });

  it('keeps the memory flags of a JVM, also for a version stored before they were read', async () => {
    const jvmFlags = [{ from: 'env JAVA_OPTS', flags: ['-Xmx3g'] }];
    const version = '2026-03-01T09:00:00.000Z';
    await poll(snapshot({ apps: [{ ...app('/jvm', version), jvmFlags }] }), '15:00:00');
    const stored = `SELECT jvm_flags FROM app_version WHERE app_id = '/jvm'`;
    expect(await rows(stored)).toEqual([{ jvm_flags: jvmFlags }]);
    await db.pool.query(`UPDATE app_version SET jvm_flags = NULL WHERE app_id = '/jvm'`);
    await poll(snapshot({ apps: [{ ...app('/jvm', version), jvmFlags }] }), '15:01:00');
    expect(await rows(stored)).toEqual([{ jvm_flags: jvmFlags }]);
    expect(await rows(`SELECT jvm_flags FROM app WHERE app_id = '/jvm'`)).toEqual([{ jvm_flags: jvmFlags }]);
  });

  it('learns old versions by name and is not confused by what is no time', async () => {
    const memory = await loadMemory(db.pool, 1);
    const versions = ['2026-02-01T00:00:00.000Z', 'not a time'];
    await applyAppVersions(db.pool, lease, memory, {
      frameworkId: 'f1',
      appId: '/old',
      versions,
      now: at('14:00:00'),
    });
    await applyAppVersions(db.pool, lease, memory, {
      frameworkId: 'f1',
      appId: '/old',
      versions,
      now: at('14:01:00'),
    });
    expect(memory.versions.get('f1')?.get('/old')).toEqual([new Date('2026-02-01T00:00:00Z')]);
    expect((await loadMemory(db.pool, 1)).versions.get('f1')?.get('/old')).toHaveLength(1);
  });
});
