import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { clustersInScope } from './cluster-scope';
import { insertCluster } from './ends-for-tests';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

describe('clustersInScope', () => {
  it('counts task-hours from the first hour credited, which the first poll reaches back to', async () => {
    const polled = { firstPolledAt: '2026-11-25T10:40:00Z', lastPolledAt: '2026-11-25T12:00:00Z' };
    await insertCluster(db.pool, { id: 1, name: 'east', ...polled });
    await insertCluster(db.pool, { id: 2, name: 'west', ...polled });
    await db.pool.query(
      `INSERT INTO exposure_hour (cluster_id, hour, kind, subject, task_seconds)
       VALUES (1, '2026-11-25T11:00:00Z', 'host', 'node-1', 60), (1, '2026-11-25T10:00:00Z', 'host', 'node-1', 60)`,
    );
    expect(await clustersInScope(db.pool, undefined)).toMatchObject([
      { name: 'east', exposedFrom: new Date('2026-11-25T10:00:00Z') },
      { name: 'west', exposedFrom: null },
    ]);
    expect(await clustersInScope(db.pool, 'west')).toMatchObject([{ name: 'west' }]);
    expect(await clustersInScope(db.pool, 'nowhere')).toEqual([]);
  });
});
