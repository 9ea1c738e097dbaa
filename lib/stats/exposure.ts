import type { Window } from '@/lib/contracts/window';

import { type ClusterScope, idsOf } from './cluster-scope';
import { hoursOfWindow } from './whole-hours';
import { partsOfWindow } from './window-parts';

type Kind = 'host' | 'app';

const WATCHED = `
  watched AS (
    SELECT * FROM unnest($1::smallint[], $2::timestamptz[], $3::timestamptz[]) AS w (cluster_id, from_at, to_at)
  )`;

/**
 * WITH entries: `watched`, and `cut` (cluster_id, hour, inside), how much of each hour that the window cuts lies in it:
 * the share of its watched time, since inside an hour tasks are taken to have lived evenly. Counted an hour, not a row:
 * at 5,000 hosts that alone was a third of the time.
 */
export const WATCHED_AND_CUT = `
  ${WATCHED},
  cut AS MATERIALIZED (
    SELECT w.cluster_id, h.hour,
           (CASE WHEN span.lo >= $4 AND span.hi <= $5 THEN 1
                 -- Credited outside the watched time (clocks): whole hour or nothing.
                 WHEN span.hi <= span.lo THEN (h.hour >= $4)::int
                 ELSE greatest(0, extract(epoch FROM least(span.hi, $5) - greatest(span.lo, $4)))
                      / extract(epoch FROM span.hi - span.lo) END)::float8 AS inside
    FROM watched w CROSS JOIN unnest($6::timestamptz[]) AS h (hour)
    CROSS JOIN LATERAL (
      SELECT greatest(h.hour, w.from_at) AS lo, least(h.hour + interval '1 hour', w.to_at) AS hi
    ) AS span
  )`;

/** The rows of the cut hours, as `e`, with their `cut`. */
export const fromCutHours = (kind: Kind) => `
  FROM cut JOIN exposure_hour e ON e.cluster_id = cut.cluster_id AND e.hour = cut.hour
    AND e.cluster_id = ANY ($1::smallint[]) AND e.kind = '${kind}' AND e.hour = ANY ($6::timestamptz[])`;

/** Sums the task-hours of all hosts in the window as `hours`; parameters of `taskHoursParams`. */
export const ALL_TASK_HOURS_SQL = `
  WITH ${WATCHED_AND_CUT}
  SELECT greatest(0, coalesce(sum(seconds), 0))::float8 / 3600 AS hours
  FROM (
    SELECT sum(task_seconds) AS seconds FROM rollup_day
    WHERE cluster_id = ANY ($1::smallint[]) AND kind = 'host' AND day >= $7 AND day < $8
    UNION ALL
    SELECT $11::int * sum(task_seconds) FROM exposure_hour
    WHERE cluster_id = ANY ($1::smallint[]) AND kind = 'host' AND hour >= $9 AND hour < $10
    UNION ALL
    SELECT $14::int * sum(task_seconds) FROM exposure_hour
    WHERE cluster_id = ANY ($1::smallint[]) AND kind = 'host' AND hour >= $12 AND hour < $13
    UNION ALL
    SELECT sum(e.task_seconds * (cut.inside - (e.hour >= $7 AND e.hour < $8)::int)) ${fromCutHours('host')}
  ) part`;

/** $1 to $6: `exposureParams`. $7 $8: the days; $9 to $14: from, to and sign of the whole hours of the two edges. */
export function taskHoursParams(clusters: readonly ClusterScope[], window: Window): unknown[] {
  const { days, hours } = partsOfWindow(window, lastPolledOf(clusters));
  const parts = hours.flatMap(({ from, to, sign }) => [from, to, sign]);
  return [...exposureParams(clusters, window), days.from, days.to, ...parts];
}

/** After it, nothing is known of any of the clusters. */
export function lastPolledOf(clusters: readonly ClusterScope[]): Date {
  return new Date(Math.max(0, ...clusters.map(({ lastPolledAt }) => lastPolledAt?.getTime() ?? 0)));
}

/** $1 cluster ids, $2 exposed from, $3 last polled, $4 from, $5 to, $6 hours cut by it. */
export function exposureParams(clusters: readonly ClusterScope[], { from, to }: Window): unknown[] {
  const { cut } = hoursOfWindow({ from, to });
  return [
    idsOf(clusters),
    clusters.map((cluster) => cluster.exposedFrom),
    clusters.map((cluster) => cluster.lastPolledAt),
    from,
    to,
    cut,
  ];
}

/** Failures per 1,000 task-hours; null: no task-hours. `failures` are those since task-hours were counted. */
export function per1000Hours(failures: number, hours: number): number | null {
  return hours > 0 ? (failures / hours) * 1000 : null;
}

/** Null: nothing ended. */
export function shareOf(failed: number, ended: number): number | null {
  return ended > 0 ? failed / ended : null;
}
