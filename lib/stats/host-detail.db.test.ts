import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { insertCluster, insertEnds } from './ends-for-tests';
import { hostDetail } from './host-detail';

const now = new Date('2026-11-25T12:00:00Z');
const query = { hostname: 'node-1', from: new Date('2026-11-25T00:00:00Z'), to: now };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  const polled = { firstPolledAt: '2026-11-20T00:00:00Z', lastPolledAt: '2026-11-25T12:00:00Z' };
  await insertCluster(db.pool, { id: 1, name: 'west', ...polled });
  await insertCluster(db.pool, { id: 2, name: 'east', ...polled });
  for (const [clusterId, agentId, registered, firstSeen, gone, attributes] of [
    [1, 'S0', '2026-11-20T01:00:00Z', '2026-11-20T01:00:10Z', '2026-11-21T00:00:00Z', { rack: 'a' }],
    [1, 'S1', '2026-11-21T01:00:00Z', '2026-11-21T01:00:10Z', null, { rack: 'a', weight: 7 }],
    // Known from its ends first; no list ever told when it registered.
    [1, 'S2', null, '2026-11-20T12:00:00Z', '2026-11-22T00:00:00Z', {}],
    [2, 'E1', '2026-11-19T01:00:00Z', '2026-11-20T00:00:00Z', null, {}],
  ]) {
    await db.pool.query(
      `INSERT INTO agent (cluster_id, agent_id, hostname, active, registered_at, first_seen_at, last_seen_at, gone_at, attributes)
       VALUES ($1, $2, 'node-1', true, $3, $4, $4, $5, $6)`,
      [clusterId, agentId, registered, firstSeen, gone, attributes],
    );
  }
  await insertEnds(db.pool, [
    { at: '2026-11-25T00:00:00Z' },
    { at: '2026-11-25T01:00:00Z', state: 'TASK_KILLED', disposition: 'normal', cause: 'killed_by_operator' },
    { at: '2026-11-25T02:00:00Z', appId: null },
    { at: '2026-11-25T03:00:00Z', reopened: true },
    { at: '2026-11-25T12:00:00Z' },
    { at: '2026-11-25T04:00:00Z', clusterId: 2 },
    { at: '2026-11-25T04:00:00Z', clusterId: 2, host: 'S-unknown', hostname: null },
  ]);
});
afterAll(() => db.drop());

it('lists every agent of that name, the newest first, and whether it is still there', async () => {
  const body = await hostDetail(db.pool, { ...query, cluster: 'west' }, now);
  expect(
    body?.agents.map(({ agentId, active, goneAt, attributes }) => [agentId, active, goneAt, attributes]),
  ).toEqual([
    ['S1', true, null, {}],
    ['S2', false, '2026-11-22T00:00:00.000Z', {}],
    ['S0', false, '2026-11-21T00:00:00.000Z', { rack: 'a' }],
  ]);
});

it('counts one cluster: the first by name that knows the host, or the one asked for', async () => {
  expect((await hostDetail(db.pool, query, now))?.rate).toMatchObject({
    cluster: 'east',
    ended: 1,
    failed: 1,
  });
  const west = await hostDetail(db.pool, { ...query, cluster: 'west' }, now);
  expect(west?.rate).toMatchObject({ cluster: 'west', ended: 3, failed: 2, killed: 1, failureShare: 2 / 3 });
  expect(west?.apps).toEqual([
    { appId: '/shop/cart', ended: 2, failed: 1, killed: 1 },
    { appId: null, ended: 1, failed: 1, killed: 0 },
  ]);
  expect(west?.newest.map(({ finishedAt }) => finishedAt)).toEqual([
    '2026-11-25T02:00:00.000Z',
    '2026-11-25T00:00:00.000Z',
  ]);
});

it('knows a host without a name by its agent id, and none that nobody saw', async () => {
  const body = await hostDetail(db.pool, { ...query, hostname: 'S-unknown' }, now);
  expect(body).toMatchObject({ rate: { hostname: 'S-unknown', ended: 1, listed: null }, agents: [] });
  expect(await hostDetail(db.pool, { ...query, hostname: 'nobody' }, now)).toBeNull();
  expect(await hostDetail(db.pool, { ...query, cluster: 'nowhere' }, now)).toBeNull();
});
