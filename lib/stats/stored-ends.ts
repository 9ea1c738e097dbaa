import type { Db } from '@/lib/db/pool';

type Counted = { clusterId: number; state: string; disposition: string; ends: number };
type Kept = { until: Date; sums: Counted[] };

/** Hours older than this are summed once an hour by each process: what is revised so late moves no total. */
const SETTLED_MS = 48 * 3_600_000;
const HOUR_MS = 3_600_000;
const MAX_KEPT = 100;

const kept = new WeakMap<Db, Map<string, Kept>>();

/**
 * Task ends stored, not reopened, by cluster, state and disposition, of all time.
 *
 * Errors: a database failure propagates. Cost: the hours of two days by primary key; once an hour and process, all
 * hours of the hourly rollup.
 */
export async function countStoredEnds(db: Db, clusterIds: readonly number[], now: Date): Promise<Counted[]> {
  const settled = await settledSums(db, clusterIds, now);
  const fresh = await sumHours(db, clusterIds, { from: settled.until, to: null });
  const byKey = new Map<string, Counted>();
  for (const one of [...settled.sums, ...fresh]) {
    const key = `${one.clusterId} ${one.state} ${one.disposition}`;
    byKey.set(key, { ...one, ends: one.ends + (byKey.get(key)?.ends ?? 0) });
  }
  return [...byKey.values()];
}

async function settledSums(db: Db, clusterIds: readonly number[], now: Date): Promise<Kept> {
  const until = new Date(now.getTime() - SETTLED_MS - (now.getTime() % HOUR_MS));
  const ofDb = kept.get(db) ?? new Map<string, Kept>();
  kept.set(db, ofDb);
  const key = clusterIds.join(',');
  const known = ofDb.get(key);
  if (known?.until.getTime() === until.getTime()) return known;
  const made = { until, sums: await sumHours(db, clusterIds, { from: null, to: until }) };
  if (ofDb.size >= MAX_KEPT) ofDb.clear();
  ofDb.set(key, made);
  return made;
}

async function sumHours(
  db: Db,
  clusterIds: readonly number[],
  { from, to }: { from: Date | null; to: Date | null },
): Promise<Counted[]> {
  const { rows } = await db.query<Counted>(
    `SELECT cluster_id AS "clusterId", state, disposition, sum(ends)::float8 AS ends FROM rollup_hour
     WHERE cluster_id = ANY ($1::smallint[]) AND hour >= coalesce($2::timestamptz, '-infinity')
       AND hour < coalesce($3::timestamptz, 'infinity')
     GROUP BY 1, 2, 3 HAVING sum(ends) <> 0 ORDER BY 1, 2, 3`,
    [clusterIds, from, to],
  );
  return rows;
}
