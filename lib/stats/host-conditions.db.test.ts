import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { clustersInScope } from './cluster-scope';
import { insertCluster, insertEnds } from './ends-for-tests';
import { hostConditions, listHostTrouble } from './host-conditions';
import { insertSignals } from './signals-for-tests';

const now = new Date('2026-11-25T12:00:00Z');
const window = { from: new Date('2026-11-24T12:00:00Z'), to: now };
const HUNG = { signature: 'unregister_netdevice', device: 'veth1', killedComm: null };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, { id: 1, name: 'east', firstPolledAt: null, lastPolledAt: null });
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('TRUNCATE log_signal, task_end, agent, agent_contact CASCADE'));

const scope = () => clustersInScope(db.pool, undefined);
const hangs = (from: number, count: number, host = 'node-1') =>
  Array.from({ length: count }, (_, n) => ({
    ...HUNG,
    host,
    at: new Date(now.getTime() - from * 60_000 - n * 10_000).toISOString(),
  }));

describe('hostConditions', () => {
  const ask = async (more: Partial<Parameters<typeof hostConditions>[2]> = {}) => {
    const [cluster] = await scope();
    if (!cluster) throw new Error('no cluster');
    return await hostConditions(db.pool, cluster, {
      host: 'node-1',
      window,
      now,
      contacts: [],
      causes: [],
      ...more,
    });
  };

  it('adds up the signals of this host and window, with the ids it rests on', async () => {
    const ids = await insertSignals(db.pool, hangs(5, 4));
    await insertSignals(db.pool, hangs(5, 4, 'node-2'));
    expect(await ask()).toMatchObject([{ id: 'netdevice_hang', tone: 'bad', count: 4 }]);
    expect((await ask())[0]?.signalIds.toSorted()).toEqual(ids.toSorted());
    expect(await ask({ window: { from: window.from, to: new Date(now.getTime() - 10 * 60_000) } })).toEqual(
      [],
    );
  });

  it('a past window is judged as at its end', async () => {
    await insertSignals(db.pool, hangs(600, 4));
    expect((await ask())[0]?.tone).toBe('warn');
    const past = { from: window.from, to: new Date(now.getTime() - 599 * 60_000) };
    expect((await ask({ window: past }))[0]?.tone).toBe('bad');
  });

  it('counts tasks that failed for want of space, where no log tells of it', async () => {
    await insertEnds(db.pool, [
      { at: '2026-11-25T11:50:00Z', cause: 'no_space_left_on_device' },
      { at: '2026-11-25T11:51:00Z', cause: 'no_space_left_on_device', host: 'node-2' },
      { at: '2026-11-25T11:52:00Z', cause: 'no_space_left_on_device', reopened: true },
    ]);
    expect(await ask()).toMatchObject([{ id: 'disk_full', tone: 'bad', count: 1 }]);
  });

  it('a clock that is off now says nothing of a window that is over', async () => {
    const contacts = [
      {
        cluster: 'east',
        agentId: 'S1',
        askedAt: now.toISOString(),
        answeredAt: null,
        errorCode: null,
        skewMs: 90_000,
        containers: null,
      },
    ];
    expect(await ask({ contacts })).toMatchObject([{ id: 'clock_skew', tone: 'bad' }]);
    const past = { from: window.from, to: new Date(now.getTime() - 11 * 60_000) };
    expect(await ask({ contacts, window: past })).toEqual([]);
  });

  it('looks at the words of a signal whose lines are many', async () => {
    const line = 'dockerd: Container c1 failed to exit within 10 seconds of kill - trying direct SIGKILL';
    await insertSignals(db.pool, [
      { at: '2026-11-25T11:59:00Z', signature: 'docker_kill_timeout', lines: [line, 'b', 'c', 'd'] },
    ]);
    expect(await ask()).toMatchObject([{ id: 'unkillable_containers' }]);
  });
});

describe('listHostTrouble', () => {
  it('names the hosts, those with something bad first', async () => {
    await insertSignals(db.pool, [
      ...hangs(5, 4, 'node-10'),
      ...hangs(5, 4, 'node-9'),
      { at: '2026-11-25T11:59:00Z', host: 'node-1', signature: 'hardware_error' },
      { at: '2026-11-25T11:59:00Z', host: null, signature: 'filesystem_readonly' },
      { at: '2026-11-25T11:59:00Z', host: 'node-2', signature: 'memcg_oom' },
    ]);
    await insertEnds(db.pool, [
      { at: '2026-11-25T11:50:00Z', host: 'node-3', cause: 'no_space_left_on_device' },
    ]);
    await db.pool.query(
      `INSERT INTO agent (cluster_id, agent_id, hostname, active, first_seen_at, last_seen_at, gone_at)
       VALUES (1, 'S4', 'node-4', true, now(), now(), NULL), (1, 'S5', 'node-5', true, now(), now(), now())`,
    );
    await db.pool.query(
      `INSERT INTO agent_contact VALUES (1, 'S4', now(), now(), NULL, -70000, 1), (1, 'S5', now(), now(), NULL, -70000, 1)`,
    );
    const trouble = await listHostTrouble(db.pool, await scope(), window, now);
    expect(trouble.map(({ host, tone, cluster }) => [host, tone, cluster])).toEqual([
      ['node-3', 'bad', 'east'],
      ['node-4', 'bad', 'east'],
      ['node-9', 'bad', 'east'],
      ['node-10', 'bad', 'east'],
      ['node-1', 'warn', 'east'],
    ]);
    expect(trouble[2]?.sentences[0]).toContain('veth1');
  });

  it('leaves out what lies more than two hours back, and other clusters', async () => {
    await insertSignals(db.pool, [
      ...hangs(121, 4),
      ...hangs(5, 4, 'node-2').map((signal) => ({ ...signal, clusterId: 2 })),
    ]);
    expect(await listHostTrouble(db.pool, await scope(), window, now)).toEqual([]);
  });
});
