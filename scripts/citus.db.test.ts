import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../lib/db/test-database';

/** Of no cluster: the migrator's own, and what is measured of the database as a whole. */
const LOCAL = ['_prisma_migrations', 'size_sample'];

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const statements = readFileSync('docs/citus.sql', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'));
const named = (kind: string) =>
  statements.flatMap((line) => new RegExp(`^SELECT create_${kind}_table\\('(\\w+)'`).exec(line)?.[1] ?? []);
const distributed = named('distributed');

async function names(sql: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ name: string }>(sql);
  return rows.map(({ name }) => name).sort();
}

it('docs/citus.sql names every table once, and none that is not there', async () => {
  const tables = await names(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
  );
  expect([...distributed, ...named('reference'), ...LOCAL].sort()).toEqual(tables);
  expect(statements).toHaveLength(distributed.length + named('reference').length);
  for (const line of statements.filter((one) => one.includes('distributed')))
    expect(line).toMatch(
      /^SELECT create_distributed_table\('(task_end', 'cluster_id'\);|\w+', 'cluster_id', colocate_with => 'task_end'\);)$/,
    );
});

it('each distributed table has cluster_id in its primary key and in every unique index', async () => {
  const keyed = await names(
    `SELECT DISTINCT i.indrelid::regclass::text AS name FROM pg_index i
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[])
     WHERE i.indisprimary AND a.attname = 'cluster_id'`,
  );
  expect(distributed.filter((table) => !keyed.includes(table))).toEqual([]);
  const wanting = await names(
    `SELECT i.indexrelid::regclass::text AS name FROM pg_index i
     JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
     WHERE i.indisunique AND NOT EXISTS (
       SELECT 1 FROM pg_attribute a
       WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[]) AND a.attname = 'cluster_id')`,
  );
  expect(wanting.filter((index) => !/^(cluster_|_prisma_migrations_|size_sample_)/.test(index))).toEqual([]);
});

it('foreign keys lead to the reference table only', async () => {
  const targets = await names(
    `SELECT DISTINCT confrelid::regclass::text AS name FROM pg_constraint
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0`,
  );
  expect(targets).toEqual(['cluster']);
});
