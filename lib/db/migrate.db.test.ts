import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { migrate } from './migrate';
import { createSchemaEngine } from './schema-engine-for-tests';
import { createEmptyTestDatabase, type TestDatabase } from './test-database';

const OWN = resolve('prisma/migrations');
const ONE = '20260101000000_one';
const TWO = '20260102000000_two';

let database: TestDatabase;
let dir: string;
beforeEach(async () => {
  database = await createEmptyTestDatabase();
});
afterEach(async () => {
  await database.drop();
});
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'exit137-migrate-'));
  await add(ONE, 'CREATE TABLE one (id integer PRIMARY KEY);\n');
  await add(
    TWO,
    '-- Why: a test.\nCREATE TABLE two (id integer PRIMARY KEY);\nINSERT INTO one VALUES (1);\n',
  );
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function add(name: string, sql: string, folder = dir): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
}

const run = (folder = dir, log?: (line: string) => void) =>
  migrate({ url: database.url, dir: folder, ...(log ? { log } : {}) });

async function tables(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

describe('migrate', () => {
  it('applies what is missing in order, says so, and a second time nothing', async () => {
    const lines: string[] = [];
    expect(await run(dir, (line) => lines.push(line))).toEqual([ONE, TWO]);
    expect(lines).toEqual([
      expect.stringMatching(`^applied migration ${ONE} in \\d+ ms$`),
      expect.stringMatching(`^applied migration ${TWO} in \\d+ ms$`),
    ]);
    expect(await run(dir, (line) => lines.push(line))).toEqual([]);
    expect(lines).toHaveLength(2);
    expect(await tables()).toEqual(['_prisma_migrations', 'one', 'two']);
  });

  it('six starters at once apply each migration once', async () => {
    const applied = await Promise.all(Array.from({ length: 6 }, () => run()));
    expect(applied.flat().sort()).toEqual([ONE, TWO]);
    const { rows } = await database.pool.query('SELECT migration_name FROM _prisma_migrations');
    expect(rows).toHaveLength(2);
  });

  it('a migration that fails leaves the database as before it, and those before it stay', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'exit137-migrate-'));
    await cp(dir, folder, { recursive: true });
    await add('20260103000000_bad', 'CREATE TABLE half (id integer);\nSELECT no_such_column;\n', folder);
    await expect(run(folder)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: '20260103000000_bad: column "no_such_column" does not exist',
    });
    expect(await tables()).toEqual(['_prisma_migrations', 'one', 'two']);
    // Corrected, it goes on from there.
    await add('20260103000000_bad', 'CREATE TABLE whole (id integer);\n', folder);
    expect(await run(folder)).toEqual(['20260103000000_bad']);
    await rm(folder, { recursive: true });
  });

  it('an applied migration that was edited: MIGRATION_FAILED with its name', async () => {
    await run();
    const folder = await mkdtemp(join(tmpdir(), 'exit137-migrate-'));
    await cp(dir, folder, { recursive: true });
    await add(ONE, 'CREATE TABLE one (id bigint PRIMARY KEY);\n', folder);
    await expect(run(folder)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: `${ONE} was changed after it had been applied`,
    });
    await rm(folder, { recursive: true });
  });

  it('a migration that Prisma began and did not finish: MIGRATION_FAILED, until marked as rolled back', async () => {
    await run();
    await database.pool.query('UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1', [
      TWO,
    ]);
    await expect(run()).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining(TWO),
    });
    await database.pool.query(
      'UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = $1',
      [TWO],
    );
    await database.pool.query('DROP TABLE two; TRUNCATE one');
    expect(await run()).toEqual([TWO]);
  });

  it('a migration of a newer program is left alone', async () => {
    await run();
    await database.pool.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ('x', 'y', '20990101000000_newer', now(), 1)`,
    );
    expect(await run()).toEqual([]);
  });

  it('no folder of migrations: MIGRATION_FAILED names it', async () => {
    await expect(run('/no/such/folder')).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('/no/such/folder'),
    });
  });

  it('nobody listens: DATABASE_UNAVAILABLE without the password', async () => {
    const failure = migrate({ url: 'postgres://u:s3cret@127.0.0.1:1/x', dir });
    await expect(failure).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(failure).rejects.not.toThrow(/s3cret/);
  });
});

describe('Prisma agrees', () => {
  it('after migrate, prisma migrate status finds the own migrations applied, unedited and up to date', async () => {
    await run(OWN);
    const entries = await readdir(OWN, { withFileTypes: true });
    const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
    const engine = await createSchemaEngine(database.url);
    const found = await engine.diagnose(OWN, names);
    await engine.close();
    expect(found).toMatchObject({
      hasMigrationsTable: true,
      editedMigrationNames: [],
      failedMigrationNames: [],
      history: null,
    });
  });

  it('the table and the rows are those that prisma migrate deploy writes', async () => {
    const other = await createEmptyTestDatabase();
    const engine = await createSchemaEngine(other.url);
    await engine.apply(dir, [ONE, TWO]);
    await engine.close();
    await run();
    const seen = async ({ pool }: TestDatabase) => ({
      columns: (
        await pool.query(
          `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
           FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`,
        )
      ).rows,
      rows: (
        await pool.query(
          `SELECT id ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' AS is_uuid, checksum, migration_name, logs,
                  rolled_back_at, applied_steps_count, finished_at >= started_at AS in_order
           FROM _prisma_migrations ORDER BY migration_name`,
        )
      ).rows,
    });
    const [ours, prismas] = await Promise.all([seen(database), seen(other)]);
    await other.drop();
    expect(ours).toEqual(prismas);
    expect(ours.rows).toHaveLength(2);
  });

  it('and the other way round: what prisma migrate deploy applied, migrate leaves alone', async () => {
    const engine = await createSchemaEngine(database.url);
    await engine.apply(dir, [ONE]);
    await engine.close();
    expect(await run()).toEqual([TWO]);
  });
});
