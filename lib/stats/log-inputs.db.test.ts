import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { clustersInScope } from './cluster-scope';
import { insertCluster } from './ends-for-tests';
import { listLogInputBriefs, listLogInputs } from './log-inputs';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, { id: 1, name: 'east', firstPolledAt: null, lastPolledAt: null });
  await db.pool.query(
    `INSERT INTO log_input VALUES
     (1, 'http', 9007199254740, 1, 2, 3, '2026-11-25T08:00:00Z', '2026-11-25T09:00:00Z', NULL, NULL, NULL),
     (1, 'file:/x', 0, 0, 0, 0, '2026-11-25T10:00:00Z', '2026-11-25T10:00:00Z', NULL, 'EACCES', '2026-11-25T10:00:00Z')`,
  );
});
afterAll(() => db.drop());

it('lists every way in with its counts as numbers, the newest first, and its trouble', async () => {
  const inputs = await listLogInputs(db.pool, await clustersInScope(db.pool, undefined));
  expect(inputs).toMatchObject([
    { input: 'file:/x', lines: 0, lastError: 'EACCES', lastErrorAt: '2026-11-25T10:00:00.000Z' },
    {
      cluster: 'east',
      input: 'http',
      lines: 9_007_199_254_740,
      rejected: 1,
      signals: 2,
      duplicates: 3,
      lastAt: '2026-11-25T09:00:00.000Z',
      lastError: null,
    },
  ]);
});

it('an input that never brought a line is no place where logs come in', async () => {
  expect(await listLogInputBriefs(db.pool, 1)).toEqual([
    { input: 'http', lastAt: '2026-11-25T09:00:00.000Z' },
  ]);
  expect(await listLogInputBriefs(db.pool, 2)).toEqual([]);
});
