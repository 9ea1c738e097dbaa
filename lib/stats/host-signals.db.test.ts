import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { hostSignals } from './host-signals';
import { insertSignals } from './signals-for-tests';

const window = { from: new Date('2026-11-25T10:00:00Z'), to: new Date('2026-11-25T11:00:00Z') };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertSignals(db.pool, [
    { at: '2026-11-25T09:59:59.999Z' },
    ...Array.from({ length: 7 }, (_, n) => ({ at: `2026-11-25T10:0${n}:00Z`, killedComm: `java-${n}` })),
    { at: '2026-11-25T10:30:00Z', signature: 'no_space' },
    { at: '2026-11-25T10:31:00Z', signature: 'cosmic_ray' },
    { at: '2026-11-25T10:32:00Z', host: 'node-2' },
    { at: '2026-11-25T10:33:00Z', host: null },
    { at: '2026-11-25T10:34:00Z', clusterId: 2 },
    { at: '2026-11-25T11:00:00Z' },
  ]);
});
afterAll(() => db.drop());

it('groups what one host told within the window by what it says, the kind heard last first', async () => {
  const groups = await hostSignals(db.pool, 1, 'node-1', window);
  expect(groups).toMatchObject([
    { signature: 'no_space', count: 1 },
    {
      signature: 'memcg_oom',
      count: 7,
      firstAt: '2026-11-25T10:00:00.000Z',
      lastAt: '2026-11-25T10:06:00.000Z',
    },
  ]);
  expect(groups[1]?.newest.map(({ killedComm }) => killedComm)).toEqual([
    'java-6',
    'java-5',
    'java-4',
    'java-3',
    'java-2',
  ]);
});

it('is empty for a host that no log names', async () => {
  expect(await hostSignals(db.pool, 1, 'node-9', window)).toEqual([]);
});
