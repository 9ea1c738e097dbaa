/**
 * How task_end's counts are kept: parts of the statements that write it, so that a row and its counts are one. Each
 * reads a CTE of the rows that were written or taken out, of these columns. No two writers of one cluster meet here:
 * all hold its lease.
 */
export const COUNTED_COLUMNS =
  'cluster_id, finished_at, state, cause, disposition, reopened_at, host, app_id';

const HOUR = `date_trunc('hour', finished_at, 'UTC')`;
const DAY = `date_trunc('day', finished_at, 'UTC')`;

/** A row's host and app, as `kind` and `subject`. */
const SUBJECTS = `CROSS JOIN LATERAL (VALUES ('host', host), ('app', app_id)) AS of (kind, subject)`;

/** A host's or app's day, from rows of `source` that count. */
function daySums(source: string): string {
  return `
    SELECT cluster_id, kind, ${DAY} AS day, subject, count(*)::int AS ended,
           (count(*) FILTER (WHERE disposition = 'failure'))::int AS failed,
           (count(*) FILTER (WHERE disposition <> 'failure' AND state = 'TASK_KILLED'))::int AS killed,
           (count(*) FILTER (WHERE disposition = 'failure' AND cause IN ('oom_cgroup_limit', 'oom_host')))::int AS oom,
           max(finished_at) FILTER (WHERE disposition = 'failure') AS last_failure_at
    FROM ${source} ${SUBJECTS}
    WHERE reopened_at IS NULL AND subject IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;
}

function causeSums(source: string): string {
  return `
    SELECT cluster_id, kind, ${DAY} AS day, subject, cause, count(*)::int AS failed
    FROM ${source} ${SUBJECTS}
    WHERE reopened_at IS NULL AND subject IS NOT NULL AND disposition = 'failure' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 4, 3, 5`;
}

function hourSums(source: string): string {
  return `
    SELECT cluster_id, ${HOUR} AS hour, state, cause, disposition, count(*)::int AS ends
    FROM ${source} WHERE reopened_at IS NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`;
}

/** CTEs that add the rows of the CTE `added` to all rollups. */
export const COUNT_ADDED = `
  in_hours AS (
    INSERT INTO rollup_hour AS kept (cluster_id, hour, state, cause, disposition, ends) ${hourSums('added')}
    ON CONFLICT (cluster_id, hour, state, cause, disposition) DO UPDATE SET ends = kept.ends + excluded.ends
  ), in_days AS (
    INSERT INTO rollup_day AS kept (cluster_id, kind, day, subject, ended, failed, killed, oom, last_failure_at)
    ${daySums('added')}
    ON CONFLICT (cluster_id, kind, day, subject) DO UPDATE SET
      ended = kept.ended + excluded.ended, failed = kept.failed + excluded.failed,
      killed = kept.killed + excluded.killed, oom = kept.oom + excluded.oom,
      last_failure_at = greatest(kept.last_failure_at, excluded.last_failure_at)
  ), in_causes AS (
    INSERT INTO rollup_day_cause AS kept (cluster_id, kind, day, subject, cause, failed) ${causeSums('added')}
    ON CONFLICT (cluster_id, kind, subject, day, cause) DO UPDATE SET failed = kept.failed + excluded.failed
  )`;

/**
 * CTEs that take the rows of the CTE `removed` out of all rollups, and `touched`: the days of hosts and apps whose last
 * failure may be another now, see LAST_FAILURES. Counts that fall to 0 keep their row.
 */
export const COUNT_REMOVED = `
  from_hours AS (
    UPDATE rollup_hour AS kept SET ends = kept.ends - gone.ends FROM (${hourSums('removed')}) AS gone
    WHERE (kept.cluster_id, kept.hour, kept.state, kept.cause, kept.disposition)
        = (gone.cluster_id, gone.hour, gone.state, gone.cause, gone.disposition)
  ), gone_days AS (${daySums('removed')}
  ), from_days AS (
    UPDATE rollup_day AS kept SET ended = kept.ended - gone.ended, failed = kept.failed - gone.failed,
      killed = kept.killed - gone.killed, oom = kept.oom - gone.oom
    FROM gone_days AS gone
    WHERE (kept.cluster_id, kept.kind, kept.day, kept.subject) = (gone.cluster_id, gone.kind, gone.day, gone.subject)
  ), from_causes AS (
    UPDATE rollup_day_cause AS kept SET failed = kept.failed - gone.failed FROM (${causeSums('removed')}) AS gone
    WHERE (kept.cluster_id, kept.kind, kept.subject, kept.day, kept.cause)
        = (gone.cluster_id, gone.kind, gone.subject, gone.day, gone.cause)
  ), touched AS (SELECT kind, day, subject FROM gone_days WHERE failed > 0)`;

/** Finds the last failure of days anew. $1 cluster, $2 kinds, $3 days, $4 subjects. An index range each. */
export const LAST_FAILURES = `
  UPDATE rollup_day AS kept SET last_failure_at = (
    SELECT max(finished_at) FROM task_end
    WHERE task_end.cluster_id = $1 AND disposition = 'failure' AND reopened_at IS NULL
      AND finished_at >= kept.day AND finished_at < kept.day + interval '1 day'
      AND CASE kept.kind WHEN 'host' THEN host ELSE app_id END = kept.subject
  )
  FROM unnest($2::text[], $3::timestamptz[], $4::text[]) AS changed (kind, day, subject)
  WHERE kept.cluster_id = $1 AND kept.kind = changed.kind AND kept.day = changed.day AND kept.subject = changed.subject`;
