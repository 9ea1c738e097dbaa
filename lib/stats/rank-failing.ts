import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import type { ClusterScope } from './cluster-scope';
import { exposureCtes, exposureParams } from './exposure';

/** A host or an app with failures in the window. */
export type Failing = {
  clusterId: number;
  /** Host, or app id. */
  name: string;
  failed: number;
  /** Failures since task-hours were counted: what may be divided by them. */
  failedExposed: number;
  taskHours: number;
};

export type FailingRanks = {
  /** Most failures per 1,000 task-hours first, then most failures; at most 5,000. */
  failing: Failing[];
  /** Of all hosts or apps, failing or not. */
  taskHours: number;
};

const MAX_RANKED = 5000;

type Row = {
  cluster_id: number;
  name: string;
  failed: number;
  failed_exposed: number;
  hours: number;
};

/**
 * Every host or app that failed in [from, to), worst first.
 *
 * Errors: a database failure propagates.
 * Cost: the failures alone, from their own covering index, and one exposure row a host (or app) and hour.
 */
export async function rankFailing(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  kind: 'host' | 'app',
): Promise<FailingRanks> {
  // A first row without a name carries the sum, so that the exposure is read once.
  const { rows } = await db.query<Row>(kind === 'host' ? HOST_SQL : APP_SQL, [
    ...exposureParams(clusters, window),
    MAX_RANKED,
  ]);
  const [sum, ...ranked] = rows;
  return {
    failing: ranked.map((row) => ({
      clusterId: row.cluster_id,
      name: row.name,
      failed: row.failed,
      failedExposed: row.failed_exposed,
      taskHours: row.hours,
    })),
    taskHours: sum?.hours ?? 0,
  };
}

function rankSql(kind: 'host' | 'app', column: 'host' | 'app_id'): string {
  return `
    WITH ${exposureCtes(kind)},
    failed AS (
      SELECT t.cluster_id, t.${column} AS name, count(*)::int AS failed,
             (count(*) FILTER (WHERE t.finished_at >= w.from_at))::int AS failed_exposed
      FROM task_end t JOIN watched w USING (cluster_id)
      WHERE t.cluster_id = ANY ($1::smallint[]) AND t.finished_at >= $4 AND t.finished_at < $5
        AND t.disposition = 'failure' AND t.reopened_at IS NULL AND t.${column} IS NOT NULL
      GROUP BY t.cluster_id, t.${column}
    ),
    ranked AS (
      SELECT f.*, coalesce(x.hours, 0)::float8 AS hours,
             row_number() OVER (ORDER BY f.failed_exposed / nullif(x.hours, 0) DESC NULLS LAST, f.failed DESC, f.name,
                                f.cluster_id) AS place
      FROM failed f LEFT JOIN exposure x ON x.cluster_id = f.cluster_id AND x.subject = f.name
    )
    SELECT NULL AS cluster_id, NULL AS name, 0 AS failed, 0 AS failed_exposed,
           (SELECT coalesce(sum(hours), 0)::float8 FROM exposure) AS hours, 0 AS place
    UNION ALL
    SELECT * FROM ranked WHERE place <= $9 ORDER BY place`;
}

const HOST_SQL = rankSql('host', 'host');
const APP_SQL = rankSql('app', 'app_id');
