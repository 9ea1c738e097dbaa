import type { Window } from '@/lib/contracts/window';

import { type ClusterScope, idsOf } from './cluster-scope';

const HOUR_MS = 3_600_000;

/**
 * First part of a WITH list: `watched` (the clusters and since when their task-hours count) and `exposure`
 * (cluster_id, subject, hours: the task-hours in the window). An hour that the window cuts counts by the share
 * of its watched time that lies inside: inside an hour, tasks are taken to have lived evenly.
 *
 * Parameters $1 to $6 are those of `exposureParams`; `kind` and `subjects` are SQL written in this unit, never
 * input. `subjects` may name a parameter (text[], null for all) that narrows to some hosts or apps.
 */
export function exposureCtes(kind: 'host' | 'app', subjects: string | null = null): string {
  return `
    watched AS (
      SELECT * FROM unnest($1::smallint[], $2::timestamptz[], $3::timestamptz[]) AS w (cluster_id, from_at, to_at)
    ),
    exposure AS (
      SELECT e.cluster_id, e.subject, sum(e.task_seconds * share.inside) / 3600 AS hours
      FROM watched w
      JOIN exposure_hour e ON e.cluster_id = w.cluster_id AND e.cluster_id = ANY ($1::smallint[])
        AND e.kind = '${kind}' AND e.hour > $6 AND e.hour < $5
        ${subjects === null ? '' : `AND (${subjects}::text[] IS NULL OR e.subject = ANY (${subjects}))`}
      CROSS JOIN LATERAL (
        SELECT greatest(e.hour, w.from_at) AS lo, least(e.hour + interval '1 hour', w.to_at) AS hi
      ) span
      CROSS JOIN LATERAL (
        SELECT CASE WHEN span.lo >= $4 AND span.hi <= $5 THEN 1
                    -- Credited outside the watched time (clocks): whole hour or nothing.
                    WHEN span.hi <= span.lo THEN (e.hour >= $4)::int
                    ELSE greatest(0, extract(epoch FROM least(span.hi, $5) - greatest(span.lo, $4)))
                         / extract(epoch FROM span.hi - span.lo) END AS inside
      ) share
      GROUP BY e.cluster_id, e.subject
    )`;
}

/** $1 cluster ids, $2 exposed from, $3 last polled, $4 from, $5 to, $6 an hour before `from`. */
export function exposureParams(clusters: readonly ClusterScope[], { from, to }: Window): unknown[] {
  return [
    idsOf(clusters),
    clusters.map((cluster) => cluster.exposedFrom),
    clusters.map((cluster) => cluster.lastPolledAt),
    from,
    to,
    new Date(from.getTime() - HOUR_MS),
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
