import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { clustersInScope } from './cluster-scope';
import { insertCluster } from './ends-for-tests';
import { listStuckKills } from './stuck-kills';

const window = { from: new Date('2026-11-25T10:00:00Z'), to: new Date('2026-11-25T11:00:00Z') };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, { id: 1, name: 'east', firstPolledAt: null, lastPolledAt: null });
  const kills: [
    task: string,
    host: string,
    app: string | null,
    since: string,
    last: string,
    ended: string | null,
  ][] = [
    ['over', 'node-1', '/a', '09:00', '09:59', '09:59'],
    ['ended', 'node-1', '/a', '10:20', '10:30', '10:30'],
    ['stuck', 'node-1', '/b', '09:00', '10:59', null],
    ['elsewhere', 'node-2', '/a', '10:10', '10:50', null],
    ['later', 'node-1', '/a', '11:00', '11:10', null],
  ];
  for (const [task, host, app, since, last, ended] of kills) {
    const at = (clock: string | null) => (clock === null ? null : `2026-11-25T${clock}:00Z`);
    await db.pool.query(
      `INSERT INTO stuck_kill VALUES (1, 'F1', $1, 'S1', $4, 'marathon', $2, $3, 123, $4, $5, $6)`,
      [task, host, app, at(since), at(last), at(ended)],
    );
  }
});
afterAll(() => db.drop());

it.each([
  { of: { host: 'node-1' }, want: ['stuck', 'ended'] },
  { of: { appId: '/a' }, want: ['elsewhere', 'ended'] },
  { of: { host: 'node-9' }, want: [] },
])('of $of: those still stuck first', async ({ of, want }) => {
  const [cluster] = await clustersInScope(db.pool, 'east');
  if (!cluster) throw new Error('no cluster');
  const kills = await listStuckKills(db.pool, cluster, window, of);
  expect(kills.map(({ taskId }) => taskId)).toEqual(want);
  expect(kills.every(({ kind, limitSeconds }) => kind === 'marathon' && limitSeconds === 123)).toBe(true);
});
