import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf } from './cluster-scope';
import { exposureParams, fromCutHours, lastPolledOf, WATCHED_AND_CUT } from './exposure';
import { daysOfWindow } from './whole-days';
import { partsOfWindow } from './window-parts';

export type Kind = 'host' | 'app';

const COLUMN: Record<Kind, string> = { host: 'host', app: 'app_id' };
const COUNTED_FAILURE = `t.disposition = 'failure' AND t.reopened_at IS NULL`;
/** A millisecond of task-time is the least that a poll credits. */
const LEAST_SECONDS = 0.0005;

/**
 * First part of a WITH list: `watched` (the clusters and since when their task-hours count) and `sums`, a row for each
 * host or app with what ended of it in the window and its task-hours: cluster_id, subject, ended, failed,
 * failed_exposed (since task-hours were counted), killed, oom, last_failure, hours (null: none).
 *
 * UTC days come from rollup_day; at the edges of the window, what they hold too little or too much from the covering
 * indexes of task_end and from exposure_hour. An hour that the window cuts counts by the share of its watched time that lies inside: inside an hour,
 * tasks are taken to have lived evenly.
 *
 * Parameters $1 to $20 are those of `sumsParams`. `kind` and `subjects` are SQL written in this unit, never input:
 * `subjects` may name a parameter (text[], null for all) that narrows to some. `failuresOnly`: ended and killed are 0
 * at the edges, which then cost a fifteenth.
 */
export function sumsCtes(
  kind: Kind,
  { subjects = null, failuresOnly = false }: { subjects?: string | null; failuresOnly?: boolean } = {},
): string {
  const narrowed = (column: string) =>
    subjects === null ? '' : `AND (${subjects}::text[] IS NULL OR ${column} = ANY (${subjects}))`;
  const column = `t.${COLUMN[kind]}`;
  const ends = `t.cluster_id = ANY ($1::smallint[]) AND ${column} IS NOT NULL ${narrowed(column)}`;
  // Each part is summed by itself, and only what it has: nine sums of every row took as long as reading them.
  const allEnds = (range: string, sign: string) => `
      SELECT t.cluster_id, ${column}, ${sign} * (count(*))::int, ${sign} * (count(*) FILTER (WHERE t.disposition = 'failure'))::int, 0,
             ${sign} * (count(*) FILTER (WHERE t.disposition <> 'failure' AND t.state = 'TASK_KILLED'))::int,
             ${sign} * (count(*) FILTER (WHERE t.disposition = 'failure' AND t.cause IN ('oom_cgroup_limit', 'oom_host')))::int,
             NULL::timestamptz, NULL::float8
      FROM task_end t WHERE ${range} AND t.reopened_at IS NULL AND ${ends} GROUP BY 1, 2`;
  const failures = (range: string, sign: string) => `
      SELECT t.cluster_id, ${column}, 0, ${sign} * (count(*))::int, 0, 0,
             ${sign} * (count(*) FILTER (WHERE t.cause IN ('oom_cgroup_limit', 'oom_host')))::int, NULL, NULL
      FROM task_end t WHERE ${range} AND ${COUNTED_FAILURE} AND ${ends} GROUP BY 1, 2`;
  const lastFailures = (range: string) => `
      SELECT t.cluster_id, ${column}, 0, 0, 0, 0, 0, max(t.finished_at), NULL
      FROM task_end t WHERE ${range} AND ${COUNTED_FAILURE} AND ${ends} GROUP BY 1, 2`;
  const hours = (range: string, sign: string) => `
      SELECT e.cluster_id, e.subject, 0, 0, 0, 0, 0, NULL, ${sign} * sum(e.task_seconds)
      FROM exposure_hour e
      WHERE e.cluster_id = ANY ($1::smallint[]) AND e.kind = '${kind}' AND ${range} ${narrowed('e.subject')} GROUP BY 1, 2`;
  const edge = failuresOnly ? failures : allEnds;
  return `
    ${WATCHED_AND_CUT},
    parts AS (
      SELECT r.cluster_id, r.subject, sum(r.ended)::int AS ended, sum(r.failed)::int AS failed, 0 AS unexposed, sum(r.killed)::int AS killed,
             sum(r.oom)::int AS oom,
             max(r.last_failure_at) FILTER (WHERE r.last_failure_at >= $4 AND r.last_failure_at < $5) AS last_failure,
             sum(r.task_seconds) AS seconds
      FROM rollup_day r
      WHERE r.cluster_id = ANY ($1::smallint[]) AND r.kind = '${kind}' AND r.day >= $7 AND r.day < $8 ${narrowed('r.subject')}
      GROUP BY 1, 2
      UNION ALL ${edge('t.finished_at >= $9 AND t.finished_at < $10', '$11::int')}
      UNION ALL ${edge('t.finished_at >= $12 AND t.finished_at < $13', '$14::int')}
      UNION ALL
      -- Failures from before task-hours were counted, if the window reaches so far back.
      SELECT t.cluster_id, ${column}, 0, 0, count(*)::int, 0, 0, NULL, NULL
      FROM watched w JOIN task_end t ON t.cluster_id = w.cluster_id AND (w.from_at IS NULL OR t.finished_at < w.from_at)
      WHERE (w.from_at IS NULL OR w.from_at > $4) AND t.finished_at >= $4 AND t.finished_at < $5
        AND ${COUNTED_FAILURE} AND ${ends} GROUP BY 1, 2
      -- A day tells its last failure alone, which may come after the window: its edges are looked through for theirs.
      UNION ALL ${lastFailures('t.finished_at >= $4 AND t.finished_at < least($5, $7)')}
      UNION ALL ${lastFailures(`t.finished_at >= greatest($4, date_trunc('day', $5::timestamptz, 'UTC')) AND t.finished_at < $5`)}
      UNION ALL ${hours('e.hour >= $15 AND e.hour < $16', '$17::int')}
      UNION ALL ${hours('e.hour >= $18 AND e.hour < $19', '$20::int')}
      UNION ALL
      SELECT e.cluster_id, e.subject, 0, 0, 0, 0, 0, NULL,
             e.task_seconds * (cut.inside - (e.hour >= $7 AND e.hour < $8)::int)
      ${fromCutHours(kind)} WHERE true ${narrowed('e.subject')}
    ),
    sums AS (
      SELECT cluster_id, subject, sum(ended)::int AS ended, sum(failed)::int AS failed,
             (sum(failed) - sum(unexposed))::int AS failed_exposed, sum(killed)::int AS killed, sum(oom)::int AS oom,
             max(last_failure) AS last_failure,
             CASE WHEN sum(seconds) >= ${LEAST_SECONDS} THEN sum(seconds) / 3600 END AS hours
      FROM parts GROUP BY cluster_id, subject
    )`;
}

/**
 * $1 to $6: `exposureParams`. $7 $8: the days. $9 to $14: from, to and sign of the two edges; $15 to $20: those of
 * their whole hours, see `partsOfWindow`.
 */
export function sumsParams(clusters: readonly ClusterScope[], window: Window): unknown[] {
  const { days, edges, hours } = partsOfWindow(window, lastPolledOf(clusters));
  const parts = [...edges, ...hours].flatMap(({ from, to, sign }) => [from, to, sign]);
  return [...exposureParams(clusters, window), days.from, days.to, ...parts];
}

type CauseRow = { cluster_id: number; subject: string; cause: string };

/**
 * The commonest cause of failure in the window of each of some hosts or apps, by `topCauseKey`; of two equally common
 * ones the first by name. Errors: a database failure propagates.
 * Cost: the failures of the window's edges by their own index, and of each subject a row a day and cause.
 */
export async function topCauses(
  db: Db,
  kind: Kind,
  clusters: readonly ClusterScope[],
  window: Window,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (subjects.length === 0) return new Map();
  const days = daysOfWindow(window);
  const { rows } = await db.query<CauseRow>(TOP_CAUSE_SQL[kind], [
    idsOf(clusters),
    window.from,
    window.to,
    days.from,
    days.to,
    subjects,
  ]);
  return new Map(rows.map((row) => [topCauseKey(row.cluster_id, row.subject), row.cause]));
}

export function topCauseKey(clusterId: number, subject: string): string {
  return `${clusterId} ${subject}`;
}

function topCauseSql(kind: Kind): string {
  const edge = (range: string) => `
      SELECT t.cluster_id, t.${COLUMN[kind]}, t.cause, 1 FROM task_end t
      WHERE t.cluster_id = ANY ($1::smallint[]) AND ${range} AND ${COUNTED_FAILURE} AND t.${COLUMN[kind]} = ANY ($6::text[])`;
  return `
    SELECT DISTINCT ON (cluster_id, subject) cluster_id, subject, cause FROM (
      SELECT cluster_id, subject, cause, failed FROM rollup_day_cause
      WHERE cluster_id = ANY ($1::smallint[]) AND kind = '${kind}' AND subject = ANY ($6::text[])
        AND day >= $4 AND day < $5 AND $4::timestamptz < $5
      UNION ALL ${edge('t.finished_at >= $2 AND t.finished_at < $4')}
      UNION ALL ${edge('t.finished_at >= $5 AND t.finished_at < $3')}
    ) AS part
    GROUP BY cluster_id, subject, cause HAVING sum(failed) > 0
    ORDER BY cluster_id, subject, sum(failed) DESC, cause`;
}

const TOP_CAUSE_SQL: Record<Kind, string> = { host: topCauseSql('host'), app: topCauseSql('app') };
