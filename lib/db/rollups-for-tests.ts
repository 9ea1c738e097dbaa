import type { Db } from './pool';

/** Makes all rollups anew from task_end and exposure_hour, as the collector's statements would have kept them. */
export async function refillRollups(db: Db): Promise<void> {
  await db.query('DELETE FROM rollup_hour; DELETE FROM rollup_day; DELETE FROM rollup_day_cause');
  await db.query(
    `INSERT INTO rollup_hour (cluster_id, hour, state, cause, disposition, ends)
     SELECT cluster_id, date_trunc('hour', finished_at, 'UTC'), state, cause, disposition, count(*)
     FROM task_end WHERE reopened_at IS NULL GROUP BY 1, 2, 3, 4, 5`,
  );
  await db.query(
    `INSERT INTO rollup_day (cluster_id, kind, day, subject, ended, failed, killed, oom, last_failure_at, task_seconds)
     SELECT cluster_id, kind, date_trunc('day', at, 'UTC'), subject, sum(ended), sum(failed), sum(killed), sum(oom),
            max(at) FILTER (WHERE failed = 1), sum(seconds)
     FROM (
       SELECT cluster_id, kind, finished_at AS at, subject, 1 AS ended, (disposition = 'failure')::int AS failed,
              (disposition <> 'failure' AND state = 'TASK_KILLED')::int AS killed,
              (disposition = 'failure' AND cause IN ('oom_cgroup_limit', 'oom_host'))::int AS oom, 0 AS seconds
       FROM task_end, LATERAL (VALUES ('host', host), ('app', app_id)) AS of (kind, subject)
       WHERE reopened_at IS NULL AND subject IS NOT NULL
       UNION ALL
       SELECT cluster_id, kind, hour, subject, 0, 0, 0, 0, task_seconds FROM exposure_hour
     ) AS told
     GROUP BY 1, 2, 3, 4`,
  );
  await db.query(
    `INSERT INTO rollup_day_cause (cluster_id, kind, day, subject, cause, failed)
     SELECT cluster_id, kind, date_trunc('day', finished_at, 'UTC'), subject, cause, count(*)
     FROM task_end, LATERAL (VALUES ('host', host), ('app', app_id)) AS of (kind, subject)
     WHERE disposition = 'failure' AND reopened_at IS NULL AND subject IS NOT NULL GROUP BY 1, 2, 3, 4, 5`,
  );
}
