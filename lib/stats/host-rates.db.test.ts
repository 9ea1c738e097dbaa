import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { insertCluster, insertEnds, insertExposure } from './ends-for-tests';
import { hostRates } from './host-rates';

const now = new Date('2026-11-25T12:00:00Z');
const HOUR = 3_600;
const input = {
  from: new Date('2026-11-25T10:00:00Z'),
  to: new Date('2026-11-25T12:00:00Z'),
  limit: 10,
};

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, {
    id: 1,
    name: 'east',
    firstPolledAt: '2026-11-25T08:00:00Z',
    lastPolledAt: '2026-11-25T11:30:00Z',
  });
  await insertCluster(db.pool, { id: 2, name: 'west', firstPolledAt: null, lastPolledAt: null });
  await insertEnds(db.pool, [
    { at: '2026-11-25T09:59:59.999Z' },
    { at: '2026-11-25T10:00:00Z', cause: 'oom_cgroup_limit' },
    { at: '2026-11-25T10:20:00Z', cause: 'oom_host' },
    { at: '2026-11-25T10:30:00Z' },
    { at: '2026-11-25T10:40:00Z' },
    { at: '2026-11-25T10:50:00Z', reopened: true },
    { at: '2026-11-25T11:00:00Z', state: 'TASK_KILLED', disposition: 'normal', cause: 'killed_by_operator' },
    { at: '2026-11-25T11:01:00Z', state: 'TASK_KILLED', disposition: 'failure', cause: 'killed_unhealthy' },
    { at: '2026-11-25T11:02:00Z', state: 'TASK_FINISHED', disposition: 'normal', cause: 'finished' },
    { at: '2026-11-25T12:00:00Z' },
    { at: '2026-11-25T11:10:00Z', host: 'node-2' },
    { at: '2026-11-25T11:10:00Z', host: 'node-9', clusterId: 2 },
  ]);
  for (const hour of ['2026-11-25T09:00:00Z', '2026-11-25T10:00:00Z']) {
    await insertExposure(db.pool, { hour, kind: 'host', subject: 'node-1', seconds: 10 * HOUR });
    await insertExposure(db.pool, { hour, kind: 'host', subject: 'node-2', seconds: 50 * HOUR });
  }
  // Half an hour was watched; all of it lies in the window.
  await insertExposure(db.pool, {
    hour: '2026-11-25T11:00:00Z',
    kind: 'host',
    subject: 'node-1',
    seconds: 5 * HOUR,
  });
  const agent = `INSERT INTO agent (cluster_id, agent_id, hostname, active, tasks_running, first_seen_at, last_seen_at, gone_at)
                 VALUES (1, $1, $2, $3, $4, now(), now(), $5)`;
  await db.pool.query(agent, ['S1', 'node-1', true, 7, null]);
  await db.pool.query(agent, ['S0', 'node-1', true, 3, '2026-11-24T00:00:00Z']);
  await db.pool.query(agent, ['S3', 'node-3', false, 0, null]);
  await db.pool.query(agent, ['S4', 'node-4', true, 2, '2026-11-24T00:00:00Z']);
});
afterAll(() => db.drop());

describe('hostRates', () => {
  it('counts [from, to) without reopened ends, failures apart from kills', async () => {
    const { items } = await hostRates(db.pool, { ...input, cluster: 'east' }, now);
    expect(items[0]).toEqual({
      cluster: 'east',
      hostname: 'node-1',
      ended: 7,
      failed: 5,
      killed: 1,
      oom: 2,
      failureShare: 5 / 7,
      failuresPer1000TaskHours: (5 / 15) * 1000,
      taskHours: 15,
      lastFailureAt: '2026-11-25T11:01:00.000Z',
      topCause: 'app_exit_nonzero',
      listed: true,
      active: true,
      tasksRunning: 7,
      chance: expect.closeTo(1.5785e-5, 9),
    });
  });

  it('lists suspects first, then quiet hosts that are listed; a host long gone is left out', async () => {
    const { items } = await hostRates(db.pool, { ...input, cluster: 'east' }, now);
    expect(items.map(({ hostname, failed, listed }) => [hostname, failed, listed])).toEqual([
      ['node-1', 5, true],
      ['node-2', 1, null],
      ['node-3', 0, true],
    ]);
    expect(items[2]).toMatchObject({
      active: false,
      ended: 0,
      failureShare: null,
      failuresPer1000TaskHours: null,
    });
  });

  it('sums the fleet over all hosts', async () => {
    const { fleet } = await hostRates(db.pool, { ...input, cluster: 'east' }, now);
    expect(fleet).toEqual({
      ended: 8,
      failed: 6,
      killed: 1,
      failureShare: 6 / 8,
      failuresPer1000TaskHours: expect.closeTo((6 / 65) * 1000, 9),
      taskHours: expect.closeTo(65, 9),
    });
  });

  it('takes the share of an hour that lies in the window', async () => {
    const query = {
      from: new Date('2026-11-25T10:45:00Z'),
      to: new Date('2026-11-25T11:15:00Z'),
      limit: 10,
      cluster: 'east',
    };
    const { items } = await hostRates(db.pool, query, now);
    // A quarter of 10 hours, and half of the watched half hour's 5.
    expect(items.find(({ hostname }) => hostname === 'node-1')?.taskHours).toBeCloseTo(2.5 + 2.5, 9);
  });

  it('has no rate where no task-hours were counted, and does not divide what came before them', async () => {
    const { items } = await hostRates(db.pool, { ...input, cluster: 'west' }, now);
    expect(items).toEqual([
      expect.objectContaining({
        hostname: 'node-9',
        failed: 1,
        failuresPer1000TaskHours: null,
        taskHours: 0,
        chance: null,
      }),
    ]);
  });

  it('divides only the failures since task-hours were counted', async () => {
    const from = new Date('2026-11-25T00:00:00Z');
    await insertEnds(db.pool, [{ at: '2026-11-25T01:00:00Z' }, { at: '2026-11-25T02:00:00Z' }]);
    const { items, fleet } = await hostRates(db.pool, { ...input, from, cluster: 'east' }, now);
    expect(items[0]).toMatchObject({ failed: 8, taskHours: 25, failuresPer1000TaskHours: (6 / 25) * 1000 });
    expect(fleet.failed).toBe(9);
    expect(fleet.failuresPer1000TaskHours).toBeCloseTo((7 / 125) * 1000, 9);
  });

  it('covers all clusters where none is named, and nothing for an unknown one', async () => {
    const all = await hostRates(db.pool, input, now);
    expect(all.items.map(({ cluster, hostname }) => `${cluster} ${hostname}`)).toContain('west node-9');
    const none = await hostRates(db.pool, { ...input, cluster: 'nowhere' }, now);
    expect(none.items).toEqual([]);
    expect(none.fleet).toMatchObject({ ended: 0, failureShare: null, failuresPer1000TaskHours: null });
  });
});
