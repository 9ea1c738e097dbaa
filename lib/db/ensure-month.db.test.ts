import type { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { inTransaction } from './in-transaction';
import { createTestDatabase, type TestDatabase } from './test-database';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterEach(async () => {
  await database.drop();
});

const ensure = (parent: string, at: string) =>
  pool.query('SELECT exit137_ensure_month($1, $2)', [parent, at]);

async function addExposure(hour: string, subject = 'h1'): Promise<void> {
  await pool.query("INSERT INTO exposure_hour VALUES (1, $1, 'host', $2, 60)", [hour, subject]);
}

/** How many rows stand in each partition. */
async function spread(parent = 'exposure_hour'): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ name: string; rows: number }>(
    // The parent is one of three names written in this file.
    `SELECT tableoid::regclass::text AS name, count(*)::int AS rows FROM ${parent} GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
}

async function partitions(parent: string): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ name: string; bounds: string }>(
    `SELECT child.relname AS name, pg_get_expr(child.relpartbound, child.oid) AS bounds
     FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = $1::regclass ORDER BY 1`,
    [parent],
  );
  return Object.fromEntries(rows.map(({ name, bounds }) => [name, bounds]));
}

describe('exit137_ensure_month', () => {
  it('makes the partition of the month in UTC, half-open', async () => {
    await ensure('task_end', '2026-12-31 23:30:00-01');
    expect(await partitions('task_end')).toEqual({
      task_end_default: 'DEFAULT',
      task_end_2027_01: "FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00')",
    });
  });

  it('the session zone makes no difference', async () => {
    await inTransaction(pool, async (client) => {
      await client.query("SET LOCAL TIME ZONE 'Pacific/Auckland'");
      await client.query("SELECT exit137_ensure_month('poll_run', '2026-11-30 23:59:59.999Z')");
    });
    expect(await partitions('poll_run')).toEqual({
      poll_run_default: 'DEFAULT',
      poll_run_2026_11: "FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')",
    });
  });

  it('moves the rows of the month out of the default partition, and no others', async () => {
    const hours = [
      '2026-10-31 23:00Z',
      '2026-11-01 00:00Z',
      '2026-11-30 23:00Z',
      '2026-12-01 00:00Z',
      '1970-01-01Z',
    ];
    for (const hour of hours) await addExposure(hour);
    expect(await spread()).toEqual({ exposure_hour_default: 5 });
    await ensure('exposure_hour', '2026-11-15Z');
    expect(await spread()).toEqual({ exposure_hour_default: 3, exposure_hour_2026_11: 2 });
    await addExposure('2026-11-20 05:00Z');
    expect(await spread()).toEqual({ exposure_hour_default: 3, exposure_hour_2026_11: 3 });
  });

  it('a second call changes nothing', async () => {
    await ensure('exposure_hour', '2026-11-15Z');
    await addExposure('2026-11-20Z');
    const before = await partitions('exposure_hour');
    await ensure('exposure_hour', '2026-11-01Z');
    expect(await partitions('exposure_hour')).toEqual(before);
    expect(await spread()).toEqual({ exposure_hour_2026_11: 1 });
  });

  it('five callers at once make one partition and fail none', async () => {
    await addExposure('2026-11-20Z');
    await Promise.all(Array.from({ length: 5 }, () => ensure('exposure_hour', '2026-11-15Z')));
    expect(await spread()).toEqual({ exposure_hour_2026_11: 1 });
  });

  it('writers of that very month at the same time lose no row and fail none', async () => {
    const writes = Array.from({ length: 40 }, (_, index) => addExposure('2026-11-20Z', `h${index}`));
    await Promise.all([ensure('exposure_hour', '2026-11-15Z'), ...writes]);
    await ensure('exposure_hour', '2026-11-15Z');
    expect(await spread()).toEqual({ exposure_hour_2026_11: 40 });
  });

  it('undone with the transaction that called it', async () => {
    await addExposure('2026-11-20Z');
    const failure = new Error('no');
    const run = inTransaction(pool, async (client) => {
      await client.query("SELECT exit137_ensure_month('exposure_hour', '2026-11-15Z')");
      throw failure;
    });
    await expect(run).rejects.toBe(failure);
    expect(await spread()).toEqual({ exposure_hour_default: 1 });
  });

  it.each(['task_end', 'poll_run', 'exposure_hour'])(
    'the new partition of %s has every index of its parent, the primary key among them',
    async (parent) => {
      await ensure(parent, '2026-11-15Z');
      const shapes = async (table: string) => {
        const { rows } = await pool.query<{ shape: string }>(
          `SELECT regexp_replace(pg_get_indexdef(indexrelid), '^CREATE (UNIQUE )?INDEX \\S+ ON (ONLY )?\\S+ ', '\\1')
                  || CASE WHEN indisprimary THEN ' primary' ELSE '' END AS shape
           FROM pg_index WHERE indrelid = $1::regclass ORDER BY 1`,
          [table],
        );
        return rows.map(({ shape }) => shape);
      };
      const want = await shapes(parent);
      expect(want.some((shape) => shape.endsWith(' primary'))).toBe(true);
      expect(await shapes(`${parent}_2026_11`)).toEqual(want);
      expect(await shapes(`${parent}_default`)).toEqual(want);
    },
  );

  it('a table that has no months is refused', async () => {
    await expect(ensure('cluster', '2026-11-15Z')).rejects.toThrow();
  });
});
