import type { DatabaseSize } from '@/lib/contracts/database-size';
import type { Db } from '@/lib/db/pool';

const DAY_MS = 86_400_000;
/** Growth is told over at most so many days. */
const GROWTH_DAYS = 14;
const MAX_TABLES = 12;

type Row = { relation: string; bytes: string; rows: string; first_bytes: string; days: number };

/**
 * What the database weighs and how it grows, from the samples that the collector takes once an hour; the total is as
 * the file system tells it now.
 *
 * Shape: `tables` empty where no sample was taken yet. Errors: a database failure propagates.
 * Cost: two days of samples by primary key, a file system look, one index probe for the oldest end.
 */
export async function databaseSize(
  db: Db,
  retention: { retentionDays: number; sandboxRetentionDays: number },
  now: Date,
): Promise<DatabaseSize> {
  const { rows } = await db.query<Row>(
    `WITH span AS (SELECT min(day) AS first, max(day) AS last FROM size_sample WHERE day >= $1)
     SELECT newest.relation, newest.bytes::text, newest.row_count::text AS rows,
            coalesce(oldest.bytes, 0)::text AS first_bytes,
            (extract(epoch FROM span.last - span.first) / 86400)::float8 AS days
     FROM span JOIN size_sample newest ON newest.day = span.last
     LEFT JOIN size_sample oldest ON oldest.day = span.first AND oldest.relation = newest.relation
     ORDER BY newest.bytes DESC, newest.relation`,
    [new Date(now.getTime() - GROWTH_DAYS * DAY_MS)],
  );
  const all = rows.find(({ relation }) => relation === '');
  const { rows: facts } = await db.query<{
    size: string;
    version: string;
    applied: number;
    oldest: Date | null;
  }>(
    `SELECT pg_database_size(current_database())::text AS size, current_setting('server_version') AS version,
            (SELECT count(*)::int FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL)
              AS applied,
            (SELECT min(oldest) FROM cluster CROSS JOIN LATERAL (
               SELECT finished_at AS oldest FROM task_end WHERE cluster_id = cluster.id
               ORDER BY finished_at LIMIT 1) first) AS oldest`,
  );
  const [current] = facts;
  return {
    sizeBytes: Number(current?.size ?? 0),
    version: current?.version ?? '',
    migrations: current?.applied ?? 0,
    tables: rows
      .filter(({ relation }) => relation !== '')
      .slice(0, MAX_TABLES)
      .map((row) => ({
        table: row.relation,
        bytes: Number(row.bytes),
        rows: Number(row.rows) < 0 ? null : Number(row.rows),
        bytesPerDay: growthOf(row),
      })),
    bytesPerDay: all ? growthOf(all) : null,
    oldestEndAt: current?.oldest?.toISOString() ?? null,
    ...retention,
  };
}

function growthOf({ bytes, first_bytes, days }: Row): number | null {
  return days >= 1 ? (Number(bytes) - Number(first_bytes)) / days : null;
}
