import type { HostRate, HostRatesBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { chance } from './chance';
import { type ClusterScope, clustersInScope, namesById } from './cluster-scope';
import { exposureCtes, exposureParams, per1000Hours, shareOf } from './exposure';
import { type Fleet, fleetRate } from './fleet-rate';
import { listHostTrouble } from './host-conditions';
import { toCause } from './known-words';

export type RatesInput = Window & { cluster?: string | undefined; limit: number };

type Row = {
  cluster_id: number;
  host: string;
  ended: number;
  failed: number;
  failed_exposed: number;
  killed: number;
  oom: number;
  last_failure: Date | null;
  top_cause: string | null;
  hours: number;
  /** Of all rows, also those beyond the limit. */
  all_hours: number;
  listed: boolean | null;
  active: boolean | null;
  tasks_running: number | null;
};

/**
 * Failure rate of every host that is listed now, or where something ran or ended in [from, to).
 *
 * Shape: hosts with failures first, most per 1,000 task-hours first, then most failures; at most `limit`.
 * `failuresPer1000TaskHours` divides only the failures since task-hours were counted; null without hours.
 * Errors: a database failure propagates; an unknown cluster gives no items.
 * Cost: the ends of the window by index, one exposure row a host and hour, the agents; see listHostTrouble.
 */
export async function hostRates(db: Db, query: RatesInput, now: Date): Promise<HostRatesBody> {
  const clusters = await clustersInScope(db, query.cluster);
  const rows = await readRows(db, clusters, query, { hosts: null, limit: query.limit });
  const fleet = await fleetRate(db, clusters, query, { taskHours: rows[0]?.all_hours ?? 0 });
  const names = namesById(clusters);
  return {
    items: rows.map((row) => toHostRate(row, names, fleet)),
    fleet: fleet.rate,
    from: query.from.toISOString(),
    to: query.to.toISOString(),
    trouble: (await listHostTrouble(db, clusters, query, now)).filter(({ tone }) => tone === 'bad'),
  };
}

/** The rows of `hostRates` of these hosts only, in the same order; cheap where they are few. */
export async function listHostRates(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  { hosts, fleet }: { hosts: readonly string[]; fleet: Fleet },
): Promise<HostRate[]> {
  if (hosts.length === 0) return [];
  const rows = await readRows(db, clusters, window, { hosts, limit: hosts.length * clusters.length });
  const names = namesById(clusters);
  return rows.map((row) => toHostRate(row, names, fleet));
}

async function readRows(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  { hosts, limit }: { hosts: readonly string[] | null; limit: number },
): Promise<Row[]> {
  const { rows } = await db.query<Row>(HOST_RATES_SQL, [...exposureParams(clusters, window), hosts, limit]);
  return rows;
}

function toHostRate(row: Row, names: ReadonlyMap<number, string>, fleet: Fleet): HostRate {
  return {
    hostname: row.host,
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
    listed: row.listed,
    active: row.active,
    tasksRunning: row.tasks_running,
    chance: chance(
      { failures: row.failed_exposed, hours: row.hours },
      { failures: fleet.failedExposed, hours: fleet.rate.taskHours },
    ),
  };
}

const HOST_RATES_SQL = `
  WITH ${exposureCtes('host', '$9')},
  by_cause AS (
    SELECT t.cluster_id, t.host, t.cause,
           count(*)::int AS ended,
           (count(*) FILTER (WHERE t.disposition = 'failure'))::int AS failed,
           (count(*) FILTER (WHERE t.disposition = 'failure' AND t.finished_at >= w.from_at))::int AS failed_exposed,
           (count(*) FILTER (WHERE t.disposition <> 'failure' AND t.state = 'TASK_KILLED'))::int AS killed,
           max(t.finished_at) FILTER (WHERE t.disposition = 'failure') AS last_failure
    FROM task_end t JOIN watched w USING (cluster_id)
    WHERE t.cluster_id = ANY ($1::smallint[]) AND t.finished_at >= $4 AND t.finished_at < $5
      AND t.reopened_at IS NULL AND ($9::text[] IS NULL OR t.host = ANY ($9))
    GROUP BY t.cluster_id, t.host, t.cause
  ),
  ends AS (
    SELECT cluster_id, host, sum(ended)::int AS ended, sum(failed)::int AS failed,
           sum(failed_exposed)::int AS failed_exposed, sum(killed)::int AS killed,
           (sum(failed) FILTER (WHERE cause IN ('oom_cgroup_limit', 'oom_host')))::int AS oom,
           max(last_failure) AS last_failure,
           (array_agg(cause ORDER BY failed DESC, cause) FILTER (WHERE failed > 0))[1] AS top_cause
    FROM by_cause GROUP BY cluster_id, host
  ),
  agents AS (
    SELECT cluster_id, hostname AS host, bool_or(gone_at IS NULL) AS listed,
           coalesce(bool_or(active) FILTER (WHERE gone_at IS NULL), false) AS active,
           (sum(tasks_running) FILTER (WHERE gone_at IS NULL))::int AS tasks_running
    FROM agent WHERE cluster_id = ANY ($1::smallint[]) AND ($9::text[] IS NULL OR hostname = ANY ($9))
    GROUP BY cluster_id, hostname
  ),
  hosts AS (
    SELECT cluster_id, host FROM ends
    UNION SELECT cluster_id, subject FROM exposure WHERE hours > 0
    UNION SELECT cluster_id, host FROM agents WHERE listed OR $9::text[] IS NOT NULL
  )
  SELECT h.cluster_id, h.host, coalesce(e.ended, 0) AS ended, coalesce(e.failed, 0) AS failed,
         coalesce(e.failed_exposed, 0) AS failed_exposed, coalesce(e.killed, 0) AS killed,
         coalesce(e.oom, 0) AS oom, e.last_failure, e.top_cause, coalesce(x.hours, 0)::float8 AS hours,
         coalesce(sum(x.hours) OVER (), 0)::float8 AS all_hours, a.listed, a.active, a.tasks_running
  FROM hosts h
  LEFT JOIN ends e USING (cluster_id, host)
  LEFT JOIN exposure x ON x.cluster_id = h.cluster_id AND x.subject = h.host
  LEFT JOIN agents a ON a.cluster_id = h.cluster_id AND a.host = h.host
  ORDER BY coalesce(e.failed, 0) > 0 DESC, coalesce(e.failed_exposed, 0) / nullif(x.hours, 0) DESC NULLS LAST,
           coalesce(e.failed, 0) DESC, coalesce(e.ended, 0) DESC, h.host, h.cluster_id
  LIMIT $10`;
