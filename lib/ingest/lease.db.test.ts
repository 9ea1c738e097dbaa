import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { inTransaction } from '@/lib/db/in-transaction';
import { createPool } from '@/lib/db/pool';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { assertLease, type Lease, prolongLease, releaseLease, takeLease } from './lease';

let db: TestDatabase;
let clusterId = 0;
beforeAll(async () => {
  db = await createTestDatabase();
  const { rows } = await db.pool.query<{ id: number }>(
    `INSERT INTO cluster (name) VALUES ('c') RETURNING id`,
  );
  clusterId = rows[0]?.id ?? 0;
});
beforeEach(() => db.pool.query('TRUNCATE lease'));
afterAll(() => db.drop());

const take = (holder: string, ttlMs = 60_000) => takeLease(db.pool, { clusterId, holder, ttlMs });

async function held(holder: string, ttlMs?: number): Promise<Lease> {
  const lease = await take(holder, ttlMs);
  if (lease === null) throw new Error('the lease was to be had');
  return lease;
}

const gaps = async () =>
  (await db.pool.query<{ detail: string }>('SELECT detail FROM gap ORDER BY detail')).rows.map(
    (row) => row.detail,
  );

/** What a write of the collector is: the lease checked and locked, then rows. */
async function write(
  pool: TestDatabase['pool'],
  lease: Lease,
  detail: string,
  meanwhile?: () => Promise<void>,
) {
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    await meanwhile?.();
    await client.query(
      `INSERT INTO gap (cluster_id, id, kind, from_at, to_at, detail, recorded_at)
       VALUES ($1, gen_random_uuid(), 'test', now(), now(), $2, now())`,
      [clusterId, detail],
    );
  });
}

it('is held by one at a time, and its token grows with each new holder only', async () => {
  const first = await held('a');
  expect(await take('b')).toBe(null);
  expect((await held('a')).token).toBe(first.token);
  await releaseLease(db.pool, first);
  const second = await held('b');
  expect(Number(second.token)).toBeGreaterThan(Number(first.token));
  expect(await prolongLease(db.pool, first, 60_000)).toBe(false);
  await expect(write(db.pool, first, 'late')).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await write(db.pool, second, 'in time');
  expect(await gaps()).toEqual(['in time']);
});

it('of a hundred that ask at once, one gets it', async () => {
  const pool = createPool(db.url, { max: 20 });
  const all = await Promise.all(
    Array.from({ length: 100 }, (_, n) => takeLease(pool, { clusterId, holder: `h${n}`, ttlMs: 60_000 })),
  );
  expect(all.filter((lease) => lease !== null)).toHaveLength(1);
  await pool.end();
});

it('a holder that stops in mid-transaction for longer than its lease does not write, and keeps nobody out', async () => {
  await db.pool.query('TRUNCATE gap');
  const stopped = createPool(db.url, { idleInTransactionMs: 300 });
  const old = await held('stopped', 100);
  let successor: Lease | null = null;
  const writing = write(stopped, old, 'of the stopped', async () => {
    // The lease has run out by now, but its row is locked: nobody may interleave.
    while (successor === null) successor = await take('successor');
    await write(db.pool, successor, 'of the successor');
  });
  await expect(writing).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  await expect(write(stopped, old, 'again')).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(await gaps()).toEqual(['of the successor']);
  await stopped.end();
});
