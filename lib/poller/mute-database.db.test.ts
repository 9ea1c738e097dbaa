import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { inTransaction } from '@/lib/db/in-transaction';
import { createPool } from '@/lib/db/pool';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

/** Where the test server listens: a folder of a unix socket, or a host. */
function addressOf(url: URL): { path: string } | { host: string; port: number } {
  const folder = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const port = Number(url.port || url.searchParams.get('port') || 5432);
  return folder.startsWith('/') ? { path: `${folder}/.s.PGSQL.${port}` } : { host: folder, port };
}

it('gives up a database whose network went silent in the middle of a transaction', async () => {
  const upstream = new URL(db.url);
  let isSilent = false;
  const proxy = createServer((client) => {
    const server = connect(addressOf(upstream));
    client.on('data', (bytes) => !isSilent && server.write(bytes));
    server.on('data', (bytes) => !isSilent && client.write(bytes));
    for (const socket of [client, server]) socket.on('error', () => {});
    client.on('close', () => server.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo; // A TCP server has no other kind of address.
  const user = `${upstream.username}${upstream.password ? `:${upstream.password}` : ''}`;
  const pool = createPool(`postgres://${user}@127.0.0.1:${port}${upstream.pathname}`, {
    statementTimeoutMs: 100,
  });
  const write = inTransaction(pool, async (client) => {
    await client.query('SELECT 1');
    isSilent = true;
    await client.query('SELECT 2');
  });
  await expect(write).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  isSilent = false;
  expect((await pool.query('SELECT 3 AS n')).rows).toEqual([{ n: 3 }]);
  await pool.end();
  proxy.close();
}, 20_000);
