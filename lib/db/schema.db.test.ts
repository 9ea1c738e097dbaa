import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createSchemaEngine, type SchemaEngine } from './schema-engine-for-tests';
import { createTestDatabase, type TestDatabase } from './test-database';

const SCHEMA = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');
const AGREED = { toDatamodel: null, toDatabase: null };

let database: TestDatabase;
let engine: SchemaEngine;
beforeAll(async () => {
  database = await createTestDatabase();
  engine = await createSchemaEngine(database.url);
});
afterAll(async () => {
  await engine.close();
  await database.drop();
});

/** Changes the schema at one place, which must exist. */
function changed(from: string | RegExp, to: string): string {
  const result = SCHEMA.replace(from, to);
  if (result === SCHEMA) throw new Error(`schema.prisma has no ${from}`);
  return result;
}

it('schema.prisma and the migrated database agree, both ways', async () => {
  expect(await engine.diff(SCHEMA)).toEqual(AGREED);
});

it('every table of the database has a model, partitions aside', async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
       AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> '_prisma_migrations' ORDER BY 1`,
  );
  const mapped = [...SCHEMA.matchAll(/@@map\("(\w+)"\)/g)].map(([, name]) => name).sort();
  expect(rows.map(({ name }) => name)).toEqual(mapped);
});

it('months that were made since are no difference', async () => {
  for (const parent of ['task_end', 'poll_run', 'exposure_hour', 'log_signal']) {
    await database.pool.query("SELECT exit137_ensure_month($1, '2026-11-25Z')", [parent]);
  }
  expect(await engine.diff(SCHEMA)).toEqual(AGREED);
});

describe('a planted difference in schema.prisma is found', () => {
  const line = (name: string, column: string) =>
    new RegExp(`(model ${name} \\{[\\s\\S]*?)\\n  ${column} [^\\n]*`);

  it.each([
    ['a column is missing', changed(line('TaskEnd', 'signal'), '$1'), 'signal'],
    ['a column of a plain table is missing', changed(line('Agent', 'pid'), '$1'), 'pid'],
    ['a column too many', changed(line('PollRun', 'url'), '$1\n  url String?\n  extra String?'), 'extra'],
    ['another type', changed(line('TaskEnd', 'message'), '$1\n  message Int?'), 'message'],
    [
      'another native type',
      changed(/(lastPolledAt .*)@db\.Timestamptz\(3\)/, '$1@db.Timestamptz(6)'),
      'last_polled_at',
    ],
    ['no native type', changed(/(exitCode .*) @db\.SmallInt/, '$1'), 'exit_code'],
    ['nullable instead of not', changed(line('Framework', 'name'), '$1\n  name String?'), 'name'],
    ['not nullable instead of nullable', changed(line('Agent', 'port'), '$1\n  port Int'), 'port'],
    ['another default', changed(/(tasksRunning +Int +@default\()0/, '$17'), 'tasks_running'],
    ['no default', changed(/(recordedAt .*)@default\(now\(\)\) /, '$1'), 'recorded_at'],
    ['another primary key', changed('@@id([clusterId, id, finishedAt])', '@@id([clusterId, id])'), 'pkey'],
    [
      'the primary key in another order',
      changed('@@id([clusterId, id])', '@@id([id, clusterId])'),
      'gap_pkey',
    ],
    ['an index is missing', changed(/\n.*"task_end_host_idx".*/, ''), 'task_end_host_idx'],
    ['an index too many', changed('@@map("gap")', '@@index([kind])\n  @@map("gap")'), 'gap_kind_idx'],
    [
      'an index in another order',
      changed('[clusterId, host, finishedAt]', '[clusterId, finishedAt, host]'),
      'host',
    ],
    [
      'another condition of a partial index',
      changed("disposition = 'failure'::text", "disposition = 'normal'::text"),
      'task_end_failure_idx',
    ],
    ['a unique index is missing', changed(/\n.*"gap_once_idx".*/, ''), 'gap_once_idx'],
    ['a unique column is not', changed(/(name +String +)@unique/, '$1'), 'cluster_name_key'],
    ['a foreign key does more', changed('onDelete: NoAction', 'onDelete: Cascade'), 'cluster_id_fkey'],
    [
      'a foreign key is missing',
      changed(/(model Lease \{[\s\S]*?)\n +cluster +Cluster [^\n]*/, '$1').replace(/\n +lease +Lease\?/, ''),
      'lease_cluster_id_fkey',
    ],
    ['a table is missing', changed(/model RollupHour \{[\s\S]*?\n\}/, ''), 'rollup_hour'],
    ['a table too many', `${SCHEMA}\nmodel Extra {\n  id Int @id\n}\n`, 'Extra'],
  ])('%s', async (_, schema, word) => {
    const { toDatamodel, toDatabase } = await engine.diff(schema);
    expect(toDatamodel).toContain(word);
    expect(toDatabase).toContain(word);
  });
});

describe('a planted difference in the database is found', () => {
  it.each([
    ['a column too many', 'ALTER TABLE task_end ADD COLUMN planted text', 'planted'],
    ['a column is gone', 'ALTER TABLE cluster DROP COLUMN ring_size', 'ring_size'],
    ['an index too many', 'CREATE INDEX planted_idx ON poll_run (url)', 'planted_idx'],
    ['an index is gone', 'DROP INDEX task_end_app_idx', 'task_end_app_idx'],
    ['a table too many', 'CREATE TABLE planted_table (id int PRIMARY KEY)', 'planted_table'],
    ['a type is wider', 'ALTER TABLE gap ALTER COLUMN from_at TYPE timestamptz(6)', 'from_at'],
  ])('%s', async (_, statement, word) => {
    const other = await createTestDatabase();
    const otherEngine = await createSchemaEngine(other.url);
    try {
      await other.pool.query(statement);
      const { toDatamodel, toDatabase } = await otherEngine.diff(SCHEMA);
      expect(toDatamodel).toContain(word);
      expect(toDatabase).toContain(word);
    } finally {
      await otherEngine.close();
      await other.drop();
    }
  });
});
