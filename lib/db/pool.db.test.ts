import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';

import { inTransaction } from './in-transaction';
import { createPool } from './pool';
import { createTestDatabase, type TestDatabase } from './test-database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
});

describe('createPool', () => {
  it('speaks UTC on every session and gives dates as text', async () => {
    const { rows } = await database.pool.query(
      `SELECT current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS timeout,
              date '2026-11-25' AS day, timestamptz '2026-11-25 00:00:00Z' AS at`,
    );
    expect(rows[0]).toEqual({
      zone: 'UTC',
      timeout: '30s',
      day: '2026-11-25',
      at: new Date('2026-11-25T00:00:00Z'),
    });
  });

  it('leaves a wrong statement as the error it is', async () => {
    await expect(database.pool.query('SELECT nonsense')).rejects.toMatchObject({ code: '42703' });
  });

  it.each([
    ['nobody listens', 'postgres://u:s3cret@127.0.0.1:1/db'],
    ['no such socket', 'postgres://u:s3cret@localhost/db?host=%2Fnowhere%2Fs3cret'],
  ])('%s: DATABASE_UNAVAILABLE without the password', async (_, url) => {
    const pool = createPool(url);
    const error = await pool.query('SELECT 1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true });
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('s3cret');
    await pool.end();
  });

  it('an unknown database is unavailable, not a bug', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    const pool = createPool(url.href);
    await expect(pool.connect()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await pool.end();
  });

  it('a text that is no URL is CONFIG_INVALID and is not shown', () => {
    const make = () => createPool('postgres://u:s3cret@[/db');
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(make).not.toThrow(/s3cret/);
  });

  it('survives the loss of its idle sessions', async () => {
    const pool = createPool(database.url, { max: 1 });
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await expect
      .poll(() => pool.query('SELECT 1 AS one').then(({ rows: [row] }) => row, String))
      .toEqual({ one: 1 });
    await pool.end();
  });
});

describe('inTransaction', () => {
  beforeAll(async () => {
    await database.pool.query('CREATE TABLE note (text text NOT NULL)');
  });

  const notes = async () => (await database.pool.query('SELECT text FROM note ORDER BY 1')).rows;

  it('commits what ran, and returns what the function returned', async () => {
    const result = await inTransaction(database.pool, async (client) => {
      await client.query("INSERT INTO note VALUES ('kept')");
      return 7;
    });
    expect(result).toBe(7);
    expect(await notes()).toEqual([{ text: 'kept' }]);
  });

  it('rolls back everything when the function throws, and passes its error on', async () => {
    const failure = new Error('changed my mind');
    const run = inTransaction(database.pool, async (client) => {
      await client.query("INSERT INTO note VALUES ('undone')");
      throw failure;
    });
    await expect(run).rejects.toBe(failure);
    expect(await notes()).toEqual([{ text: 'kept' }]);
  });

  it('a session that breaks in the middle: DATABASE_UNAVAILABLE, nothing written, the pool lives on', async () => {
    const run = inTransaction(database.pool, async (client) => {
      await client.query("INSERT INTO note VALUES ('lost')");
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await client.query('SELECT 1');
    });
    await expect(run).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(await notes()).toEqual([{ text: 'kept' }]);
  });

  it('ends a transaction that stands still, so that its locks are free', async () => {
    const pool = createPool(database.url, { idleInTransactionMs: 100 });
    let locked: (() => void) | undefined;
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    let goOn: (() => void) | undefined;
    const standing = inTransaction(pool, async (client) => {
      await client.query("UPDATE note SET text = 'stolen'");
      locked?.();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await client.query("INSERT INTO note VALUES ('too late')");
    });
    await isLocked;
    // Waits for the lock, and gets it without the other's doing anything.
    await database.pool.query("UPDATE note SET text = 'kept'");
    goOn?.();
    await expect(standing).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(await notes()).toEqual([{ text: 'kept' }]);
    await pool.end();
  });

  it('a server that takes no writes is unavailable, and none of its sessions is used again', async () => {
    const pool = createPool(database.url);
    const write = () =>
      inTransaction(pool, async (client) => {
        await client.query("INSERT INTO note VALUES ('written')");
      });
    const name = new URL(database.url).pathname.slice(1);
    await database.pool.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    // Sessions that would go on refusing writes, as those to a primary that became a standby.
    await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1'), pool.query('SELECT 1')]);
    await expect(write()).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('standby'),
    });
    const other = createPool(database.url, { max: 1 });
    await other.query('SET default_transaction_read_only = off');
    await other.query(`ALTER DATABASE ${name} RESET ALL`);
    await write();
    expect(await notes()).toContainEqual({ text: 'written' });
    await Promise.all([pool.end(), other.end()]);
  });
});
