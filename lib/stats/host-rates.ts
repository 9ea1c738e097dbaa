import type { HostRate, HostRatesBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { chance } from './chance';
import { type ClusterScope, clustersInScope, namesById } from './cluster-scope';
import { countEnds, totalsOf } from './end-counts';
import { per1000Hours, shareOf } from './exposure';
import { type Fleet, fleetRate } from './fleet-rate';
import { listHostTrouble } from './host-conditions';
import { toCause } from './known-words';
import { missingSpans } from './missing-spans';
import { sumsCtes, sumsParams, topCauseKey, topCauses } from './subject-sums';
import { together } from './together';

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
  hours: number;
  /** Of all rows, also those beyond the limit. */
  all_hours: number;
  listed: boolean | null;
  active: boolean | null;
  tasks_running: number | null;
};

type CausedRow = Row & { top_cause: string | null };

/**
 * Failure rate of every host that is listed now, or where something ran or ended in [from, to).
 *
 * Shape: hosts with failures first, most per 1,000 task-hours first, then most failures; at most `limit`.
 * `failuresPer1000TaskHours` divides only the failures since task-hours were counted; null without hours.
 * Errors: a database failure propagates; an unknown cluster gives no items.
 * Cost: a row a host and day; at the window's edges, all ends by index and a row a host and hour; the agents; see
 * listHostTrouble.
 */
export async function hostRates(db: Db, query: RatesInput, now: Date): Promise<HostRatesBody> {
  const clusters = await clustersInScope(db, query.cluster);
  const [rows, totals, trouble, gaps] = await together(db, [
    () => readRows(db, clusters, query, { hosts: null, limit: query.limit }),
    () => countEnds(db, clusters, query, { stepMs: null }),
    () => listHostTrouble(db, clusters, query, now),
    () => missingSpans(db, clusters, query, now),
  ]);
  const fleet = await fleetRate(db, clusters, query, {
    totals: totalsOf(totals),
    taskHours: rows[0]?.all_hours ?? 0,
  });
  const names = namesById(clusters);
  return {
    items: rows.map((row) => toHostRate(row, names, fleet)),
    fleet: fleet.rate,
    from: query.from.toISOString(),
    to: query.to.toISOString(),
    trouble: trouble.filter(({ tone }) => tone === 'bad'),
    gaps,
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
): Promise<CausedRow[]> {
  const { rows } = await db.query<Row>(HOST_RATES_SQL, [...sumsParams(clusters, window), hosts, limit]);
  const failed = rows.filter((row) => row.failed > 0).map((row) => row.host);
  const causes = await topCauses(db, 'host', clusters, window, failed);
  return rows.map((row) => ({
    ...row,
    top_cause: causes.get(topCauseKey(row.cluster_id, row.host)) ?? null,
  }));
}

function toHostRate(row: CausedRow, names: ReadonlyMap<number, string>, fleet: Fleet): HostRate {
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
  WITH ${sumsCtes('host', { subjects: '$21' })},
  agents AS (
    SELECT cluster_id, hostname AS host, bool_or(gone_at IS NULL) AS listed,
           coalesce(bool_or(active) FILTER (WHERE gone_at IS NULL), false) AS active,
           (sum(tasks_running) FILTER (WHERE gone_at IS NULL))::int AS tasks_running
    FROM agent WHERE cluster_id = ANY ($1::smallint[]) AND ($21::text[] IS NULL OR hostname = ANY ($21))
    GROUP BY cluster_id, hostname
  ),
  rates AS (
    SELECT coalesce(s.cluster_id, a.cluster_id) AS cluster_id, coalesce(s.subject, a.host) AS host,
           coalesce(s.ended, 0) AS ended, coalesce(s.failed, 0) AS failed,
           coalesce(s.failed_exposed, 0) AS failed_exposed, coalesce(s.killed, 0) AS killed,
           coalesce(s.oom, 0) AS oom, s.last_failure, s.hours, a.listed, a.active, a.tasks_running
    FROM sums s FULL JOIN agents a ON a.cluster_id = s.cluster_id AND a.host = s.subject
    WHERE s.ended > 0 OR s.hours IS NOT NULL OR a.listed OR (a.host IS NOT NULL AND $21::text[] IS NOT NULL)
  )
  SELECT cluster_id, host, ended, failed, failed_exposed, killed, oom, last_failure,
         coalesce(hours, 0)::float8 AS hours, coalesce(sum(hours) OVER (), 0)::float8 AS all_hours,
         listed, active, tasks_running
  FROM rates
  ORDER BY failed > 0 DESC, failed_exposed / hours DESC NULLS LAST, failed DESC, ended DESC, host, cluster_id
  LIMIT $22`;
