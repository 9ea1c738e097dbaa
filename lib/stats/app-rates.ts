import type { AppRate, AppRatesBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, clustersInScope, namesById } from './cluster-scope';
import { exposureCtes, exposureParams, per1000Hours, shareOf } from './exposure';
import { fleetRate } from './fleet-rate';
import type { RatesInput } from './host-rates';
import { toCause } from './known-words';

type Row = {
  cluster_id: number;
  app_id: string;
  ended: number;
  failed: number;
  failed_exposed: number;
  killed: number;
  oom: number;
  last_failure: Date | null;
  top_cause: string | null;
  hours: number;
  framework_name: string | null;
  exists: boolean | null;
  instances: number | null;
  tasks_running: number | null;
  backed_off: boolean | null;
  mem_mb: number | null;
  image: string | null;
};

/**
 * Failure rate of every Marathon app or pod that exists now, or of which something ran or ended in [from, to).
 *
 * Shape: apps with failures first, most per 1,000 task-hours first, then most failures; at most `limit`.
 * `fleet` counts all task ends, also those of other frameworks. Null rates: see hostRates.
 * Errors: a database failure propagates; an unknown cluster gives no items.
 * Cost: the ends of the window by index, one exposure row an app and hour (a host and hour for the fleet), the apps.
 */
export async function appRates(db: Db, query: RatesInput, _now: Date): Promise<AppRatesBody> {
  const clusters = await clustersInScope(db, query.cluster);
  const rows = await readRows(db, clusters, query, { apps: null, limit: query.limit });
  const fleet = await fleetRate(db, clusters, query);
  const names = namesById(clusters);
  return {
    items: rows.map((row) => toAppRate(row, names)),
    fleet: fleet.rate,
    from: query.from.toISOString(),
    to: query.to.toISOString(),
  };
}

/** The rows of `appRates` of these apps only (ids with leading slash), in the same order; cheap where they are few. */
export async function listAppRates(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  { apps }: { apps: readonly string[] },
): Promise<AppRate[]> {
  if (apps.length === 0) return [];
  const rows = await readRows(db, clusters, window, { apps, limit: apps.length * clusters.length });
  const names = namesById(clusters);
  return rows.map((row) => toAppRate(row, names));
}

async function readRows(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  { apps, limit }: { apps: readonly string[] | null; limit: number },
): Promise<Row[]> {
  const { rows } = await db.query<Row>(APP_RATES_SQL, [...exposureParams(clusters, window), apps, limit]);
  return rows;
}

function toAppRate(row: Row, names: ReadonlyMap<number, string>): AppRate {
  return {
    appId: row.app_id,
    cluster: names.get(row.cluster_id) ?? '',
    ended: row.ended,
    failed: row.failed,
    killed: row.killed,
    oom: row.oom,
    failureShare: shareOf(row.failed, row.ended),
    failuresPer1000TaskHours: per1000Hours(row.failed_exposed, row.hours),
    taskHours: row.hours,
    lastFailureAt: row.last_failure?.toISOString() ?? null,
    topCause: row.top_cause === null ? null : toCause(row.top_cause),
    frameworkName: row.framework_name,
    exists: row.exists,
    instances: row.instances,
    tasksRunning: row.tasks_running,
    backedOff: row.backed_off ?? false,
    memMb: row.mem_mb,
    image: row.image,
  };
}

// One app id may stand in several Marathons of a cluster: numbers add up, the definition is the newest's.
const APP_RATES_SQL = `
  WITH ${exposureCtes('app', '$9')},
  by_cause AS (
    SELECT t.cluster_id, t.app_id, t.cause,
           count(*)::int AS ended,
           (count(*) FILTER (WHERE t.disposition = 'failure'))::int AS failed,
           (count(*) FILTER (WHERE t.disposition = 'failure' AND t.finished_at >= w.from_at))::int AS failed_exposed,
           (count(*) FILTER (WHERE t.disposition <> 'failure' AND t.state = 'TASK_KILLED'))::int AS killed,
           max(t.finished_at) FILTER (WHERE t.disposition = 'failure') AS last_failure
    FROM task_end t JOIN watched w USING (cluster_id)
    WHERE t.cluster_id = ANY ($1::smallint[]) AND t.finished_at >= $4 AND t.finished_at < $5
      AND t.reopened_at IS NULL AND t.app_id IS NOT NULL AND ($9::text[] IS NULL OR t.app_id = ANY ($9))
    GROUP BY t.cluster_id, t.app_id, t.cause
  ),
  ends AS (
    SELECT cluster_id, app_id, sum(ended)::int AS ended, sum(failed)::int AS failed,
           sum(failed_exposed)::int AS failed_exposed, sum(killed)::int AS killed,
           (sum(failed) FILTER (WHERE cause IN ('oom_cgroup_limit', 'oom_host')))::int AS oom,
           max(last_failure) AS last_failure,
           (array_agg(cause ORDER BY failed DESC, cause) FILTER (WHERE failed > 0))[1] AS top_cause
    FROM by_cause GROUP BY cluster_id, app_id
  ),
  definitions AS (
    SELECT cluster_id, app_id,
           (array_agg(framework_id ORDER BY gone_at DESC NULLS FIRST, last_seen_at DESC))[1] AS framework_id,
           bool_or(gone_at IS NULL) AS "exists",
           (sum(instances) FILTER (WHERE gone_at IS NULL))::int AS instances,
           (sum(tasks_running) FILTER (WHERE gone_at IS NULL))::int AS tasks_running,
           bool_or(gone_at IS NULL AND queue_count > 0 AND queue_delay_seconds > 0 AND queue_overdue IS NOT TRUE)
             AS backed_off,
           (array_agg(mem_mb ORDER BY gone_at DESC NULLS FIRST, last_seen_at DESC))[1] AS mem_mb,
           (array_agg(image ORDER BY gone_at DESC NULLS FIRST, last_seen_at DESC))[1] AS image
    FROM app WHERE cluster_id = ANY ($1::smallint[]) AND ($9::text[] IS NULL OR app_id = ANY ($9))
    GROUP BY cluster_id, app_id
  ),
  apps AS (
    SELECT cluster_id, app_id FROM ends
    UNION SELECT cluster_id, subject FROM exposure WHERE hours > 0
    UNION SELECT cluster_id, app_id FROM definitions WHERE "exists" OR $9::text[] IS NOT NULL
  )
  SELECT p.cluster_id, p.app_id, coalesce(e.ended, 0) AS ended, coalesce(e.failed, 0) AS failed,
         coalesce(e.failed_exposed, 0) AS failed_exposed, coalesce(e.killed, 0) AS killed,
         coalesce(e.oom, 0) AS oom, e.last_failure, e.top_cause, coalesce(x.hours, 0)::float8 AS hours,
         coalesce(f.name, l.name) AS framework_name,
         -- Not among its definitions: gone, where its Marathon is watched at all.
         coalesce(d."exists", CASE WHEN EXISTS (
           SELECT 1 FROM app WHERE app.cluster_id = p.cluster_id AND app.framework_id = l.framework_id) THEN false END)
           AS "exists",
         d.instances, d.tasks_running, d.backed_off, d.mem_mb, d.image
  FROM apps p
  LEFT JOIN ends e USING (cluster_id, app_id)
  LEFT JOIN exposure x ON x.cluster_id = p.cluster_id AND x.subject = p.app_id
  LEFT JOIN definitions d ON d.cluster_id = p.cluster_id AND d.app_id = p.app_id
  LEFT JOIN framework f ON f.cluster_id = p.cluster_id AND f.framework_id = d.framework_id
  -- Only of apps whose Marathon is not known otherwise: the rows are wide, the index that counts them is not.
  LEFT JOIN LATERAL (
    SELECT t.framework_id, coalesce(g.name, t.framework_name) AS name
    FROM task_end t LEFT JOIN framework g ON g.cluster_id = t.cluster_id AND g.framework_id = t.framework_id
    WHERE t.cluster_id = p.cluster_id AND t.app_id = p.app_id AND t.finished_at >= $4 AND t.finished_at < $5
      AND t.reopened_at IS NULL AND f.name IS NULL
    ORDER BY t.finished_at DESC LIMIT 1
  ) l ON true
  ORDER BY coalesce(e.failed, 0) > 0 DESC, coalesce(e.failed_exposed, 0) / nullif(x.hours, 0) DESC NULLS LAST,
           coalesce(e.failed, 0) DESC, coalesce(e.ended, 0) DESC, p.app_id, p.cluster_id
  LIMIT $10`;
