import type { Db } from '@/lib/db/pool';

const RETIRED_AFTER_MS = 7 * 24 * 3_600_000;

/** A cluster that a question is about, and how long it was watched. */
export type ClusterScope = {
  id: number;
  name: string;
  simulated: boolean;
  /** First whole poll; null: none yet. */
  firstPolledAt: Date | null;
  /** Last whole poll; null: none yet. */
  lastPolledAt: Date | null;
  /** Since when task-hours were counted; null: never. May lie before the first poll: it credits what lived then. */
  exposedFrom: Date | null;
};

type Row = {
  id: number;
  name: string;
  simulated: boolean;
  first_polled_at: Date | null;
  last_polled_at: Date | null;
  first_exposure: Date | null;
};

/**
 * The clusters that `name` means: that one, or all where it is undefined; by name.
 *
 * Shape: empty for an unknown name and before the first poll. Errors: a database failure propagates.
 * Cost: one small table and one index probe a cluster and month.
 */
export async function clustersInScope(db: Db, name: string | undefined): Promise<ClusterScope[]> {
  const { rows } = await db.query<Row>(
    `SELECT id, name, simulated, first_polled_at, last_polled_at,
            (SELECT min(hour) FROM exposure_hour WHERE cluster_id = cluster.id AND kind = 'host') AS first_exposure
     FROM cluster WHERE $1::text IS NULL OR name = $1 ORDER BY name`,
    [name ?? null],
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    simulated: row.simulated,
    firstPolledAt: row.first_polled_at,
    lastPolledAt: row.last_polled_at,
    exposedFrom: row.first_exposure,
  }));
}

/**
 * Those of `clusters` that are still watched: a cluster last read more than 7 days before the newest read of
 * any other was given up, and its silence says nothing about the rest.
 */
export function watchedClusters<Cluster extends { lastPolledAt: Date | null }>(
  clusters: readonly Cluster[],
): Cluster[] {
  const newestMs = Math.max(...clusters.map((cluster) => cluster.lastPolledAt?.getTime() ?? 0));
  return clusters.filter(
    (cluster) =>
      cluster.lastPolledAt === null || newestMs - cluster.lastPolledAt.getTime() <= RETIRED_AFTER_MS,
  );
}

/** Ids as a query wants them. */
export function idsOf(clusters: readonly ClusterScope[]): number[] {
  return clusters.map((cluster) => cluster.id);
}

/** The name of a cluster of the scope by its id. */
export function namesById(clusters: readonly ClusterScope[]): ReadonlyMap<number, string> {
  return new Map(clusters.map((cluster) => [cluster.id, cluster.name]));
}
