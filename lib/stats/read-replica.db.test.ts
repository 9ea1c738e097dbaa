import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ReadReplica } from '@/lib/contracts/read-replica';
import { createPool } from '@/lib/db/pool';
import { createReadPool } from '@/lib/db/read-pool';
import { type Pair, startPair } from '@/lib/db/test-database-server';
import { lookAtReplica, readReplicaNotice } from './read-replica';
import { checkReadiness } from './readiness';

const folder = mkdtempSync(join(tmpdir(), 'exit137-replica-'));
let pair: Pair;
let primary: ReturnType<typeof createPool>;
let reads: ReturnType<typeof createReadPool>;
beforeAll(async () => {
  pair = await startPair(folder);
  primary = createPool(pair.primary.url, { connectTimeoutMs: 1_000 });
  reads = createReadPool(primary, pair.standby.url);
}, 120_000);
afterAll(async () => {
  await Promise.all([primary?.end(), reads?.replica.end()]);
  await pair?.remove();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const look = async () =>
  ReadReplica.parse(await lookAtReplica({ primary, replica: reads.replica, awaySince: reads.awaySince() }));
const write = (name: string) => primary.query('INSERT INTO cluster (name) VALUES ($1)', [name]);
const names = async () =>
  (await reads.pool.query<{ name: string }>('SELECT name FROM cluster ORDER BY name')).rows.map(
    ({ name }) => name,
  );
const whoAnswers = async () =>
  (await reads.pool.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby')).rows[0]?.standby
    ? 'replica'
    : 'primary';

it('reads the replica, and calls it late only where it has not got what the primary wrote', async () => {
  await write('first');
  await expect.poll(names).toEqual(['first']);
  expect(await whoAnswers()).toBe('replica');
  // An old last transaction of an idle primary is no lag.
  await expect.poll(look).toMatchObject({ state: 'ok', lagSeconds: 0, lagBytes: 0, awaySince: null });

  await pair.standby.pool.query('SELECT pg_wal_replay_pause()');
  await write('second');
  const late = await look();
  expect(late).toMatchObject({ state: 'ok', isPrimaryUp: true });
  expect(late.lagBytes).toBeGreaterThan(0);
  expect(late.lagSeconds).toBeGreaterThan(0);
  expect(await names()).toEqual(['first']);
  expect(readReplicaNotice({ ...late, state: 'lagging', lagSeconds: 95 })).toContain('95 s behind');

  await pair.standby.pool.query('SELECT pg_wal_replay_resume()');
  await expect.poll(names).toEqual(['first', 'second']);
  await expect.poll(look).toMatchObject({ state: 'ok', lagSeconds: 0 });
  expect(readReplicaNotice(await look())).toBe(null);
});

it('puts what the replica’s catching up cancelled to the primary, but not what took too long', async () => {
  const raisedByReplica = (code: string) =>
    reads.pool.query(
      `DO $$ BEGIN IF pg_is_in_recovery() THEN RAISE EXCEPTION 'x' USING ERRCODE = '${code}'; END IF; END $$`,
    );
  expect(await whoAnswers()).toBe('replica');
  await raisedByReplica('40001');
  await expect(raisedByReplica('57014')).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
  expect(await whoAnswers()).toBe('replica');
});

it('reads the primary while the replica is away, and says so', async () => {
  await pair.standby.stop();
  await write('third');
  expect(await names()).toEqual(['first', 'second', 'third']);
  expect(await whoAnswers()).toBe('primary');
  await checkReadiness(reads.pool);
  const replica = await look();
  expect(replica).toMatchObject({ state: 'away', lagSeconds: null, isPrimaryUp: true });
  expect(replica.awaySince).not.toBe(null);
  expect(readReplicaNotice(replica)).toContain('read the primary instead');
  await pair.standby.start();
  await expect.poll(whoAnswers, { timeout: 15_000 }).toBe('replica');
  expect((await look()).awaySince).toBe(null);
});

it('a wrong question is not put to the primary as well', async () => {
  await expect(reads.pool.query('SELECT nonsense')).rejects.toMatchObject({ code: '42703' });
});

it('reads on while the primary is away, and says so; once promoted it is none any more', async () => {
  await expect.poll(names).toEqual(['first', 'second', 'third']);
  await pair.primary.kill();
  expect(await names()).toEqual(['first', 'second', 'third']);
  const orphan = await look();
  expect(orphan).toMatchObject({ state: 'ok', isPrimaryUp: false, lagBytes: null });
  expect(readReplicaNotice(orphan)).toContain('primary of the database does not answer');
  await pair.standby.pool.query('SELECT pg_promote()');
  const promoted = await look();
  expect(promoted.state).toBe('not_a_replica');
  expect(readReplicaNotice(promoted)).toContain('takes writes itself');
});
