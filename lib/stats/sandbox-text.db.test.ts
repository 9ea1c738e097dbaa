import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { insertCluster } from './ends-for-tests';
import { sandboxText } from './sandbox-text';

const END = '00000000-0000-4000-8000-00000000000e';
const query = { cluster: 'east', endId: END, file: 'stderr' as const };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, { id: 1, name: 'east', firstPolledAt: null, lastPolledAt: null });
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('TRUNCATE sandbox_tail'));

const keep = (content: Buffer | null, errorCode: string | null = null) =>
  db.pool.query(`INSERT INTO sandbox_tail VALUES (1, $1, 'stderr', now(), NULL, NULL, $2, $3)`, [
    END,
    content,
    errorCode,
  ]);

it('unpacks the text; bytes that are no UTF-8 are replaced', async () => {
  await keep(gzipSync(Buffer.from([0x97, 0xa5, 0x20, 0xe6, 0x97, 0xa5, 0x0a])));
  expect(await sandboxText(db.pool, query)).toEqual({ text: '\ufffd\ufffd 日\n' });
});

it.each([
  { file: 'stdout' as const },
  { cluster: 'west' },
  { endId: '00000000-0000-4000-8000-000000000000' },
])('is null for %j', async (other) => {
  await keep(gzipSync('text'));
  expect(await sandboxText(db.pool, { ...query, ...other })).toBeNull();
});

it('says why where it could not be read', async () => {
  await keep(null, 'AGENT_TIMEOUT');
  await expect(sandboxText(db.pool, query)).rejects.toMatchObject({
    code: 'SANDBOX_GONE',
    message: expect.stringContaining('AGENT_TIMEOUT'),
  });
});

it('never unpacks more than its bound, nor what is no gzip', async () => {
  await keep(gzipSync(Buffer.alloc(128 * 1024)));
  expect((await sandboxText(db.pool, query))?.text).toHaveLength(128 * 1024);
  await db.pool.query('UPDATE sandbox_tail SET content = $1', [gzipSync(Buffer.alloc(128 * 1024 + 1))]);
  await expect(sandboxText(db.pool, query)).rejects.toThrow();
  await db.pool.query(`UPDATE sandbox_tail SET content = '\\x00'`);
  await expect(sandboxText(db.pool, query)).rejects.toThrow();
});
