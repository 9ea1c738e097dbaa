import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { clustersInScope } from './cluster-scope';
import { insertCluster } from './ends-for-tests';
import { insertSignals } from './signals-for-tests';
import { appSurvivors, listSurvivors } from './survivors';

const window = { from: new Date('2026-11-25T10:00:00Z'), to: new Date('2026-11-25T11:00:00Z') };
const lived = { about: 'running', appId: '/a' };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, { id: 1, name: 'east', firstPolledAt: null, lastPolledAt: null });
  await insertSignals(db.pool, [
    ...Array.from({ length: 22 }, (_, n) => ({
      ...lived,
      at: `2026-11-25T10:${String(n).padStart(2, '0')}:00Z`,
      killedComm: `worker-${n}`,
      ...(n === 21 ? { aboutTaskId: 't1', aboutProof: 'proven', aboutReason: 'It lives.' } : {}),
    })),
    { ...lived, at: '2026-11-25T10:40:00Z', appId: '/b' },
    { ...lived, at: '2026-11-25T10:41:00Z', about: 'task_end' },
    { ...lived, at: '2026-11-25T10:42:00Z', signature: 'no_space' },
    { ...lived, at: '2026-11-25T11:00:00Z' },
  ]);
});
afterAll(() => db.drop());

it('counts the kills that an app survived, and shows the newest with what ties them', async () => {
  const { total, items } = await appSurvivors(db.pool, 1, '/a', window);
  expect(total).toBe(22);
  expect(items).toHaveLength(20);
  expect(items[0]).toMatchObject({
    signal: { killedComm: 'worker-21' },
    taskId: 't1',
    proof: 'proven',
    reason: 'It lives.',
  });
  expect(items[1]).toMatchObject({ taskId: null, proof: 'possible', reason: expect.stringMatching(/./) });
  expect(await appSurvivors(db.pool, 1, '/none', window)).toEqual({ total: 0, items: [] });
});

it('names the apps, most kills first', async () => {
  const clusters = await clustersInScope(db.pool, undefined);
  expect(await listSurvivors(db.pool, clusters, window)).toEqual([
    { cluster: 'east', appId: '/a', kills: 22, lastAt: '2026-11-25T10:21:00.000Z' },
    { cluster: 'east', appId: '/b', kills: 1, lastAt: '2026-11-25T10:40:00.000Z' },
  ]);
});
