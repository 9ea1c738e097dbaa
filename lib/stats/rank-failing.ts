import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import type { ClusterScope } from './cluster-scope';
import { sumsCtes, sumsParams } from './subject-sums';

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
 * Cost: see sumsCtes; at the edges of the window only the failures, from their own covering index.
 */
export async function rankFailing(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  kind: 'host' | 'app',
): Promise<FailingRanks> {
  // A first row without a name carries the sum, so that the exposure is read once.
  const { rows } = await db.query<Row>(kind === 'host' ? HOST_SQL : APP_SQL, [
    ...sumsParams(clusters, window),
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

function rankSql(kind: 'host' | 'app'): string {
  return `
    WITH ${sumsCtes(kind, { failuresOnly: true })},
    ranked AS (
      SELECT cluster_id, subject AS name, failed, failed_exposed, coalesce(hours, 0)::float8 AS hours,
             row_number() OVER (ORDER BY failed_exposed / hours DESC NULLS LAST, failed DESC, subject, cluster_id) AS place
      FROM sums WHERE failed > 0
    )
    SELECT NULL AS cluster_id, NULL AS name, 0 AS failed, 0 AS failed_exposed,
           (SELECT coalesce(sum(hours), 0)::float8 FROM sums) AS hours, 0 AS place
    UNION ALL
    SELECT * FROM ranked WHERE place <= $21 ORDER BY place`;
}

const HOST_SQL = rankSql('host');
const APP_SQL = rankSql('app');
