import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { listContacts, summarizeAgents } from './agent-contacts';
import { clustersInScope } from './cluster-scope';
import { insertCluster } from './ends-for-tests';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  for (const [id, name] of [
    [1, 'east'],
    [2, 'west'],
  ] as const) {
    await insertCluster(db.pool, { id, name, firstPolledAt: null, lastPolledAt: null });
  }
  await db.pool.query(
    `INSERT INTO agent (cluster_id, agent_id, hostname, active, first_seen_at, last_seen_at, gone_at) VALUES
     (1, 'S1', 'node-1', true, now(), now(), NULL), (1, 'S2', 'node-2', true, now(), now(), NULL),
     (1, 'S3', 'node-3', true, now(), now(), NULL), (1, 'S4', 'node-4', true, now(), now(), NULL),
     (1, 'old', 'node-1', false, now(), now(), now())`,
  );
  await db.pool.query(
    `INSERT INTO agent_contact VALUES
     (1, 'S1', '2026-11-25T10:00:05Z', '2026-11-25T10:00:05Z', NULL, 300, 4),
     (1, 'S2', '2026-11-25T10:00:00Z', '2026-11-25T09:00:00Z', 'AGENT_TIMEOUT', -9000, NULL),
     (1, 'S3', '2026-11-25T10:00:00Z', NULL, 'AGENT_UNREACHABLE', NULL, NULL),
     (1, 'old', '2026-11-20T10:00:00Z', NULL, 'AGENT_UNREACHABLE', 99000, NULL)`,
  );
});
afterAll(() => db.drop());

it('sums up the agents that are listed: asked, answered, silent, the clock furthest off', async () => {
  const [east, west] = await summarizeAgents(db.pool, await clustersInScope(db.pool, undefined));
  expect(east).toEqual({
    cluster: 'east',
    listed: 4,
    asked: 3,
    answered: 1,
    silent: [
      { host: 'node-3', agentId: 'S3', answeredAt: null, errorCode: 'AGENT_UNREACHABLE' },
      { host: 'node-2', agentId: 'S2', answeredAt: '2026-11-25T09:00:00.000Z', errorCode: 'AGENT_TIMEOUT' },
    ],
    silentCount: 2,
    maxSkewMs: -9000,
    maxSkewHost: 'node-2',
  });
  expect(west).toMatchObject({ cluster: 'west', listed: 0, asked: 0, silentCount: 0, maxSkewMs: null });
});

it('lists those under one name, the last asked first', async () => {
  const [east] = await clustersInScope(db.pool, 'east');
  if (!east) throw new Error('no cluster');
  expect((await listContacts(db.pool, east, 'node-1')).map(({ agentId }) => agentId)).toEqual(['S1', 'old']);
  expect(await listContacts(db.pool, east, 'node-4')).toEqual([]);
});
