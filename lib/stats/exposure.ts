import type { Window } from '@/lib/contracts/window';

import { type ClusterScope, idsOf } from './cluster-scope';
import { hoursOfWindow } from './whole-hours';

type Kind = 'host' | 'app';

const WATCHED = `
  watched AS (
    SELECT * FROM unnest($1::smallint[], $2::timestamptz[], $3::timestamptz[]) AS w (cluster_id, from_at, to_at)
  )`;

const inWholeHours = (kind: Kind) =>
  `e.cluster_id = ANY ($1::smallint[]) AND e.kind = '${kind}' AND e.hour >= $7 AND e.hour < $8`;

/** Joins each row of a cut hour with the share of it that counts, as `share.inside`. */
const fromCutHours = (kind: Kind) => `
  FROM watched w
  JOIN exposure_hour e ON e.cluster_id = w.cluster_id AND e.cluster_id = ANY ($1::smallint[])
    AND e.kind = '${kind}' AND e.hour = ANY ($6::timestamptz[])
  CROSS JOIN LATERAL (
    SELECT greatest(e.hour, w.from_at) AS lo, least(e.hour + interval '1 hour', w.to_at) AS hi
  ) span
  CROSS JOIN LATERAL (
    SELECT CASE WHEN span.lo >= $4 AND span.hi <= $5 THEN 1
                -- Credited outside the watched time (clocks): whole hour or nothing.
                WHEN span.hi <= span.lo THEN (e.hour >= $4)::int
                ELSE greatest(0, extract(epoch FROM least(span.hi, $5) - greatest(span.lo, $4)))
                     / extract(epoch FROM span.hi - span.lo) END AS inside
  ) share`;

/**
 * First part of a WITH list: `watched` (the clusters and since when their task-hours count) and `exposure`
 * (cluster_id, subject, hours: the task-hours in the window). An hour that the window cuts counts by the share
 * of its watched time that lies inside: inside an hour, tasks are taken to have lived evenly.
 *
 * Parameters $1 to $8 are those of `exposureParams`; `kind` and `subjects` are SQL written in this unit, never
 * input. `subjects` may name a parameter (text[], null for all) that narrows to some hosts or apps.
 */
export function exposureCtes(kind: Kind, subjects: string | null = null): string {
  const narrowed =
    subjects === null ? '' : `AND (${subjects}::text[] IS NULL OR e.subject = ANY (${subjects}))`;
  return `
    ${WATCHED},
    exposure AS (
      SELECT cluster_id, subject, sum(seconds) / 3600 AS hours
      FROM (
        -- Nearly all rows: summed without a look at the clock, which took as long as all the rest.
        SELECT e.cluster_id, e.subject, sum(e.task_seconds) AS seconds
        FROM exposure_hour e WHERE ${inWholeHours(kind)} ${narrowed} GROUP BY e.cluster_id, e.subject
        UNION ALL
        SELECT e.cluster_id, e.subject, e.task_seconds * share.inside ${fromCutHours(kind)} WHERE true ${narrowed}
      ) part
      GROUP BY cluster_id, subject
    )`;
}

/** Sums the task-hours of all hosts in the window as `hours`; parameters of `exposureParams`. */
export const ALL_TASK_HOURS_SQL = `
  WITH ${WATCHED}
  SELECT coalesce(sum(seconds), 0)::float8 / 3600 AS hours
  FROM (
    SELECT sum(e.task_seconds) AS seconds FROM exposure_hour e WHERE ${inWholeHours('host')}
    UNION ALL
    SELECT sum(e.task_seconds * share.inside) ${fromCutHours('host')}
  ) part`;

/** $1 cluster ids, $2 exposed from, $3 last polled, $4 from, $5 to, $6 hours cut by it, $7 $8 the whole hours in it. */
export function exposureParams(clusters: readonly ClusterScope[], { from, to }: Window): unknown[] {
  const { whole, cut } = hoursOfWindow({ from, to });
  return [
    idsOf(clusters),
    clusters.map((cluster) => cluster.exposedFrom),
    clusters.map((cluster) => cluster.lastPolledAt),
    from,
    to,
    cut,
    whole.from,
    whole.to,
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
