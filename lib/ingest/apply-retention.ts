import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';

import { ensureMonths } from './apply-task-ends';
import { assertLease, type Lease } from './lease';

const DAY_MS = 86_400_000;
const MONTHS_AHEAD = 2;
/** Of polls: what was read when is of interest for weeks, and there are some 3,000 rows a day and source. */
const POLL_DAYS = 62;
/** Kills announced by a Marathon explain ends that are offered soon after, or never. */
const MARATHON_KILL_DAYS = 8;
const BATCH_ROWS = 5_000;
/** A page that reads a table holds up its partition's end, and all that wait behind: rather try again in an hour. */
const LOCK_TIMEOUT = '1s';

const PARTITIONED = ['task_end', 'log_signal', 'exposure_hour', 'poll_run'] as const;
type Partitioned = (typeof PARTITIONED)[number];

export type Retention = { retentionDays: number; sandboxRetentionDays: number };

/**
 * Drops what is older than it may get: months of task ends, signals, task-hours and polls that lie wholly before their
 * time, and rows of the tables that hang on them. Ends in `kept_end`, with their evidence, signals, sandbox ends and
 * memory, stay. Rollups stay. `ends_from` of every cluster says how far back ends go from then on.
 *
 * Errors: LEASE_LOST, database errors; what is committed by then stays done. Cost: seconds where a month ends, else a
 * few index probes. Locks a partitioned table for the moment in which a month is cut off, waiting at most 1 s for it.
 */
export async function applyRetention(
  pool: Pool,
  lease: Lease,
  { retentionDays, sandboxRetentionDays }: Retention,
  now: Date,
): Promise<{ dropped: string[]; removed: number }> {
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS);
  const dropped: string[] = [];
  for (const parent of PARTITIONED) {
    const limit = before(parent === 'poll_run' ? Math.min(POLL_DAYS, retentionDays) : retentionDays);
    for (const month of await monthsBefore(pool, parent, limit)) {
      await inTransaction(pool, async (client) => {
        await assertLease(client, lease);
        await dropMonth(client, parent, month);
      });
      dropped.push(month.name);
    }
  }
  let removed = 0;
  const oldest = before(retentionDays);
  const oldestTail = before(Math.min(sandboxRetentionDays, retentionDays));
  for (const [sql, limit] of [
    [notKept('sandbox_tail', 'fetched_at'), oldestTail],
    [notKept('task_memory', 'stored_at'), oldestTail],
    [notKept('evidence', 'tied_at'), oldest],
    [byTime('app_memory', 'at'), oldest],
    // What came with a clock gone wild, or later than its month was dropped.
    [SIGNALS_WITHOUT_MONTH, oldest],
    [byTime('exposure_hour_default', 'hour'), oldest],
    [byTime('poll_run_default', 'started_at'), oldest],
    [byTime('marathon_kill', 'at'), before(MARATHON_KILL_DAYS)],
    [byTime('stuck_kill', 'last_seen_at'), oldest],
  ] as const) {
    removed += await removeInBatches(pool, lease, sql, limit);
  }
  return { dropped, removed };
}

/** Makes the partitions of this month and the next ones, so that no write of a poll has to. */
export async function makeMonthsAhead(pool: Pool, lease: Lease, now: Date): Promise<void> {
  for (const parent of PARTITIONED) {
    await inTransaction(pool, async (client) => {
      await assertLease(client, lease);
      await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      const months = Array.from(
        { length: MONTHS_AHEAD + 1 },
        (_, ahead) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)),
      );
      // `now` is only what the months are held against: all of them are near enough.
      await ensureMonths(client, parent, months, new Date(months.at(-1) ?? now));
    });
  }
}

/** Notes what each table weighs, once a day at its latest look. Cost: a file system look at each relation. */
export async function sampleSizes(pool: Pool, lease: Lease, now: Date): Promise<void> {
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    await client.query(
      `INSERT INTO size_sample (day, relation, bytes, row_count)
       SELECT date_trunc('day', $1::timestamptz, 'UTC'), root.relname,
              sum(pg_total_relation_size(leaf.oid))::bigint,
              coalesce((sum(leaf.reltuples) FILTER (WHERE leaf.reltuples >= 0)), -1)::bigint
       FROM pg_class root
       JOIN pg_namespace space ON space.oid = root.relnamespace AND space.nspname = current_schema()
       -- Of a table without partitions the tree is empty.
       LEFT JOIN LATERAL pg_partition_tree(root.oid) part ON part.isleaf
       JOIN pg_class leaf ON leaf.oid = coalesce(part.relid, root.oid)
       WHERE root.relkind IN ('r', 'p') AND NOT root.relispartition
       GROUP BY root.relname
       UNION ALL
       SELECT date_trunc('day', $1::timestamptz, 'UTC'), '', pg_database_size(current_database()), -1
       ON CONFLICT (day, relation) DO UPDATE SET bytes = excluded.bytes, row_count = excluded.row_count`,
      [now],
    );
  });
}

type Month = { name: string; to: Date };

/** Partitions whose end is not after `limit`, oldest first. */
async function monthsBefore(pool: Pool, parent: Partitioned, limit: Date): Promise<Month[]> {
  const { rows } = await pool.query<Month>(
    `SELECT name, upper_at AS "to" FROM (
       SELECT child.relname AS name,
              (regexp_match(pg_get_expr(child.relpartbound, child.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz AS upper_at
       FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
       WHERE inhparent = $1::text::regclass
     ) months WHERE upper_at <= $2 ORDER BY upper_at`,
    [parent, limit],
  );
  return rows;
}

async function dropMonth(client: PoolClient, parent: Partitioned, { name, to }: Month): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  // Names come from Postgres's own catalogue, quoted by it.
  const { rows } = await client.query<{ child: string }>('SELECT quote_ident($1) AS child', [name]);
  const child = rows[0]?.child ?? '';
  // Found before the table is locked: pages wait only for the cut itself.
  const kept = parent === 'task_end' ? KEPT_ENDS : parent === 'log_signal' ? KEPT_SIGNALS : null;
  if (kept) await client.query(`CREATE TEMP TABLE kept_rows ON COMMIT DROP AS ${kept(child)}`);
  await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${child}`);
  // Without its month, a kept row goes to the default partition.
  if (kept) await client.query(`INSERT INTO ${parent} SELECT * FROM kept_rows`);
  if (parent === 'task_end')
    await client.query('UPDATE cluster SET ends_from = greatest(ends_from, $1)', [to]);
  await client.query(`DROP TABLE ${child}`);
}

const KEPT_ENDS = (child: string) => `
  SELECT month.* FROM (SELECT DISTINCT cluster_id, end_id, finished_at FROM kept_end) k
  JOIN ${child} month ON month.cluster_id = k.cluster_id AND month.id = k.end_id AND month.finished_at = k.finished_at`;

const KEPT_SIGNALS = (child: string) => `
  SELECT month.* FROM (
    SELECT DISTINCT e.cluster_id, e.signal_id, e.signal_at FROM kept_end JOIN evidence e USING (cluster_id, end_id)) k
  JOIN ${child} month ON month.cluster_id = k.cluster_id AND month.id = k.signal_id AND month.at = k.signal_at`;

const SIGNALS_WITHOUT_MONTH = `
  DELETE FROM log_signal_default WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM log_signal_default old WHERE cluster_id = $1 AND at < $2
      AND NOT EXISTS (SELECT 1 FROM evidence e JOIN kept_end k USING (cluster_id, end_id)
                      WHERE e.cluster_id = old.cluster_id AND e.signal_id = old.id)
    LIMIT ${BATCH_ROWS}))`;

function byTime(table: string, column: string): string {
  return `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM ${table} WHERE cluster_id = $1 AND ${column} < $2 LIMIT ${BATCH_ROWS}))`;
}

function notKept(table: string, column: string): string {
  return `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM ${table} old WHERE cluster_id = $1 AND ${column} < $2
              AND NOT EXISTS (SELECT 1 FROM kept_end k WHERE k.cluster_id = old.cluster_id AND k.end_id = old.end_id)
            LIMIT ${BATCH_ROWS}))`;
}

/** A transaction a batch: a poll waits for none of them longer than it takes to remove some thousand rows. */
async function removeInBatches(pool: Pool, lease: Lease, sql: string, limit: Date): Promise<number> {
  let removed = 0;
  for (;;) {
    const rows = await inTransaction(pool, async (client) => {
      await assertLease(client, lease);
      const { rowCount } = await client.query(sql, [lease.clusterId, limit]);
      return rowCount ?? 0;
    });
    removed += rows;
    if (rows < BATCH_ROWS) return removed;
  }
}
