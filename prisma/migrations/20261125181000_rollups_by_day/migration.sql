-- Ends and task-seconds by day, for each host and each app: what windows of many days are summed from. Kept equal to
-- task_end by the statement that writes task_end, and to exposure_hour by the one that writes that.
--
-- Lock: none that matters, the tables are new. The copy reads all of task_end and exposure_hour once: about a minute
--   for ten million ends. Undo: drop the tables.
CREATE TABLE rollup_day (
  cluster_id smallint NOT NULL,
  -- 'host' or 'app'.
  kind text NOT NULL,
  -- Its first instant, UTC.
  day timestamptz(3) NOT NULL,
  subject text NOT NULL,
  -- Not reopened; `failed`: disposition failure; `killed`: TASK_KILLED that is none; `oom`: failures for memory.
  ended integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  killed integer NOT NULL DEFAULT 0,
  oom integer NOT NULL DEFAULT 0,
  last_failure_at timestamptz(3),
  task_seconds double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (cluster_id, kind, day, subject)
) WITH (fillfactor = 70);
CREATE INDEX rollup_day_subject_idx ON rollup_day (cluster_id, kind, subject, day);

-- Failures alone, by cause.
CREATE TABLE rollup_day_cause (
  cluster_id smallint NOT NULL,
  kind text NOT NULL,
  day timestamptz(3) NOT NULL,
  subject text NOT NULL,
  cause text NOT NULL,
  failed integer NOT NULL,
  PRIMARY KEY (cluster_id, kind, subject, day, cause)
) WITH (fillfactor = 90);

INSERT INTO rollup_day (cluster_id, kind, day, subject, ended, failed, killed, oom, last_failure_at)
SELECT cluster_id, kind, date_trunc('day', finished_at, 'UTC'), subject, count(*),
       count(*) FILTER (WHERE disposition = 'failure'),
       count(*) FILTER (WHERE disposition <> 'failure' AND state = 'TASK_KILLED'),
       count(*) FILTER (WHERE disposition = 'failure' AND cause IN ('oom_cgroup_limit', 'oom_host')),
       max(finished_at) FILTER (WHERE disposition = 'failure')
FROM task_end, LATERAL (VALUES ('host', host), ('app', app_id)) AS of (kind, subject)
WHERE reopened_at IS NULL AND subject IS NOT NULL
GROUP BY 1, 2, 3, 4;

INSERT INTO rollup_day AS kept (cluster_id, kind, day, subject, task_seconds)
SELECT cluster_id, kind, date_trunc('day', hour, 'UTC'), subject, sum(task_seconds)
FROM exposure_hour GROUP BY 1, 2, 3, 4
ON CONFLICT (cluster_id, kind, day, subject) DO UPDATE SET task_seconds = excluded.task_seconds;

INSERT INTO rollup_day_cause (cluster_id, kind, day, subject, cause, failed)
SELECT cluster_id, kind, date_trunc('day', finished_at, 'UTC'), subject, cause, count(*)
FROM task_end, LATERAL (VALUES ('host', host), ('app', app_id)) AS of (kind, subject)
WHERE disposition = 'failure' AND reopened_at IS NULL AND subject IS NOT NULL
GROUP BY 1, 2, 3, 4, 5;
