import type { AppRate, AppRatesBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, clustersInScope, namesById } from './cluster-scope';
import { per1000Hours, shareOf } from './exposure';
import { fleetRate } from './fleet-rate';
import type { RatesInput } from './host-rates';
import { toCause } from './known-words';
import { missingSpans } from './missing-spans';
import { sumsCtes, sumsParams, topCauseKey, topCauses } from './subject-sums';
import { together } from './together';

type Row = {
  cluster_id: number;
  app_id: string;
  ended: number;
  failed: number;
  failed_exposed: number;
  killed: number;
  oom: number;
  last_failure: Date | null;
  hours: number;
  framework_name: string | null;
  exists: boolean | null;
  instances: number | null;
  tasks_running: number | null;
  backed_off: boolean | null;
  mem_mb: number | null;
  image: string | null;
};

type CausedRow = Row & { top_cause: string | null };

/**
 * Failure rate of every Marathon app or pod that exists now, or of which something ran or ended in [from, to).
 *
 * Shape: apps with failures first, most per 1,000 task-hours first, then most failures; at most `limit`.
 * `fleet` counts all task ends, also those of other frameworks. Null rates: see hostRates.
 * Errors: a database failure propagates; an unknown cluster gives no items.
 * Cost: a row an app and day; at the window's edges, all ends by index and a row an app and hour; the apps; see fleetRate.
 */
export async function appRates(db: Db, query: RatesInput, now: Date): Promise<AppRatesBody> {
  const clusters = await clustersInScope(db, query.cluster);
  const [rows, fleet, gaps] = await together(db, [
    () => readRows(db, clusters, query, { apps: null, limit: query.limit }),
    () => fleetRate(db, clusters, query),
    () => missingSpans(db, clusters, query, now),
  ]);
  const names = namesById(clusters);
  return {
    items: rows.map((row) => toAppRate(row, names)),
    fleet: fleet.rate,
    from: query.from.toISOString(),
    to: query.to.toISOString(),
    gaps,
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
): Promise<CausedRow[]> {
  const { rows } = await db.query<Row>(APP_RATES_SQL, [...sumsParams(clusters, window), apps, limit]);
  const failed = rows.filter((row) => row.failed > 0).map((row) => row.app_id);
  const causes = await topCauses(db, 'app', clusters, window, failed);
  return rows.map((row) => ({
    ...row,
    top_cause: causes.get(topCauseKey(row.cluster_id, row.app_id)) ?? null,
  }));
}

function toAppRate(row: CausedRow, names: ReadonlyMap<number, string>): AppRate {
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
  WITH ${sumsCtes('app', { subjects: '$21' })},
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
    FROM app WHERE cluster_id = ANY ($1::smallint[]) AND ($21::text[] IS NULL OR app_id = ANY ($21))
    GROUP BY cluster_id, app_id
  ),
  rates AS (
    SELECT coalesce(s.cluster_id, d.cluster_id) AS cluster_id, coalesce(s.subject, d.app_id) AS app_id,
           coalesce(s.ended, 0) AS ended, coalesce(s.failed, 0) AS failed,
           coalesce(s.failed_exposed, 0) AS failed_exposed, coalesce(s.killed, 0) AS killed,
           coalesce(s.oom, 0) AS oom, s.last_failure, s.hours, d.framework_id, d."exists", d.instances,
           d.tasks_running, d.backed_off, d.mem_mb, d.image
    FROM sums s FULL JOIN definitions d ON d.cluster_id = s.cluster_id AND d.app_id = s.subject
    WHERE s.ended > 0 OR s.hours IS NOT NULL OR d."exists" OR (d.app_id IS NOT NULL AND $21::text[] IS NOT NULL)
    ORDER BY coalesce(s.failed, 0) > 0 DESC, coalesce(s.failed_exposed, 0) / s.hours DESC NULLS LAST,
             coalesce(s.failed, 0) DESC, coalesce(s.ended, 0) DESC, 2, 1
    LIMIT $22
  )
  SELECT r.cluster_id, r.app_id, r.ended, r.failed, r.failed_exposed, r.killed, r.oom, r.last_failure,
         coalesce(r.hours, 0)::float8 AS hours, coalesce(f.name, l.name) AS framework_name,
         -- Not among its definitions: gone, where its Marathon is watched at all.
         coalesce(r."exists", CASE WHEN EXISTS (
           SELECT 1 FROM app WHERE app.cluster_id = r.cluster_id AND app.framework_id = l.framework_id) THEN false END)
           AS "exists",
         r.instances, r.tasks_running, r.backed_off, r.mem_mb, r.image
  FROM rates r
  LEFT JOIN framework f ON f.cluster_id = r.cluster_id AND f.framework_id = r.framework_id
  -- Only of apps whose Marathon is not known otherwise: the rows are wide, the index that counts them is not.
  LEFT JOIN LATERAL (
    SELECT t.framework_id, coalesce(g.name, t.framework_name) AS name
    FROM task_end t LEFT JOIN framework g ON g.cluster_id = t.cluster_id AND g.framework_id = t.framework_id
    WHERE t.cluster_id = r.cluster_id AND t.app_id = r.app_id AND t.finished_at >= $4 AND t.finished_at < $5
      AND t.reopened_at IS NULL AND f.name IS NULL
    ORDER BY t.finished_at DESC LIMIT 1
  ) l ON true
  ORDER BY r.failed > 0 DESC, r.failed_exposed / r.hours DESC NULLS LAST, r.failed DESC, r.ended DESC, r.app_id,
           r.cluster_id`;
