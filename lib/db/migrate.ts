import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';

import { AppError } from '@/lib/errors';

import { databaseError } from './database-error';

export type MigrateOptions = {
  url: string;
  /** The folder of the migrations; default `prisma/migrations` in the working directory. */
  dir?: string;
  /** One line at a time. */
  log?: (line: string) => void;
};

type Migration = { name: string; checksum: string; sql: string };
type AppliedRow = {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
  rolled_back_at: Date | null;
};

/** The lock that `prisma migrate` takes, so that it and this never run at once. */
const PRISMA_LOCK = 72_707_369;

/** As Prisma makes it, so that `prisma migrate deploy` and `prisma migrate status` find what they expect. */
const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY NOT NULL,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

/**
 * Applies what is missing of `prisma/migrations`, in order of name, each in a transaction of its own, and
 * keeps Prisma's own table of them. Any number of starters may call it at once.
 *
 * Returns the names it applied itself; empty when all was there already.
 * Errors: MIGRATION_FAILED with the migration's name (its SQL failed and was undone; an applied one was
 * edited since; Prisma left one unfinished), DATABASE_UNAVAILABLE.
 */
export async function migrate({ url, dir, log = () => {} }: MigrateOptions): Promise<string[]> {
  const migrations = await readMigrations(resolve(dir ?? 'prisma/migrations'));
  const client = newClient(url);
  // A session that breaks between two statements says so by an event, which must not end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return await applyAll(client, migrations, log);
  } catch (thrown) {
    throw databaseError(thrown);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Every folder with a `migration.sql`, sorted as Prisma sorts them: by name. */
async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => {
    throw new AppError('MIGRATION_FAILED', `There is no folder of migrations at ${dir}`);
  });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(dir, name, 'migration.sql'));
      return {
        name,
        checksum: createHash('sha256').update(bytes).digest('hex'),
        sql: bytes.toString('utf8'),
      };
    }),
  );
}

function newClient(url: string): pg.Client {
  try {
    return new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 10_000,
      application_name: 'exit137 migrate',
    });
  } catch {
    // No cause: the driver's error may hold the URL and its password.
    throw new AppError('CONFIG_INVALID', 'DATABASE_URL is not a Postgres URL');
  }
}

async function applyAll(
  client: pg.Client,
  migrations: readonly Migration[],
  log: (line: string) => void,
): Promise<string[]> {
  const applied: string[] = [];
  // Each round looks anew under the lock: another starter may have applied the next one meanwhile.
  for (;;) {
    const name = await applyNext(client, migrations, log);
    if (name === null) return applied;
    applied.push(name);
  }
}

/** Applies the first missing migration. Null when none is missing. */
async function applyNext(
  client: pg.Client,
  migrations: readonly Migration[],
  log: (line: string) => void,
): Promise<string | null> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [PRISMA_LOCK]);
    const rows = await appliedRows(client);
    refuseFailed(rows, migrations);
    const done = new Set(rows.map((row) => row.migration_name));
    const next = migrations.find(({ name }) => !done.has(name));
    if (next !== undefined) await applyOne(client, next, log);
    await client.query('COMMIT');
    return next?.name ?? null;
  } catch (thrown) {
    await client.query('ROLLBACK').catch(() => {});
    throw thrown;
  }
}

async function appliedRows(client: pg.Client): Promise<AppliedRow[]> {
  await client.query("SET LOCAL client_min_messages = 'warning'");
  await client.query(CREATE_TABLE);
  const { rows } = await client.query<AppliedRow>(
    'SELECT migration_name, checksum, finished_at, rolled_back_at FROM _prisma_migrations ORDER BY started_at',
  );
  // A row marked as rolled back stays as history; its migration counts as never tried.
  return rows.filter((row) => row.rolled_back_at === null);
}

function refuseFailed(rows: readonly AppliedRow[], migrations: readonly Migration[]): void {
  const checksums = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  for (const row of rows) {
    if (row.finished_at === null) {
      throw new AppError(
        'MIGRATION_FAILED',
        `${row.migration_name} was begun and never finished; see prisma migrate resolve`,
      );
    }
    const checksum = checksums.get(row.migration_name);
    if (checksum !== undefined && checksum !== row.checksum) {
      throw new AppError('MIGRATION_FAILED', `${row.migration_name} was changed after it had been applied`);
    }
  }
}

async function applyOne(client: pg.Client, migration: Migration, log: (line: string) => void): Promise<void> {
  const startedAt = new Date();
  try {
    await client.query(migration.sql);
  } catch (thrown) {
    const known = databaseError(thrown);
    if (known instanceof AppError) throw known;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AppError('MIGRATION_FAILED', `${migration.name}: ${why}`, { cause: thrown });
  }
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, $4, clock_timestamp(), 1)`,
    [randomUUID(), migration.checksum, migration.name, startedAt],
  );
  log(`applied migration ${migration.name} in ${Date.now() - startedAt.getTime()} ms`);
}
