import type { PoolClient } from 'pg';

import { ensureMonths } from './apply-task-ends';
import type { Exposure } from './plan-exposure';
import { sanitize } from './sanitize';

/** Parameters of more rows would hold the event loop while they are written out. */
const AT_ONCE = 5_000;

/** Adds task-seconds to what their hours and days hold already; the caller's transaction moves the mark they count from. */
export async function addExposure(
  client: PoolClient,
  clusterId: number,
  exposure: readonly Exposure[],
  now: Date,
) {
  await ensureMonths(
    client,
    'exposure_hour',
    exposure.map(({ hour }) => hour),
    now,
  );
  for (let at = 0; at < exposure.length; at += AT_ONCE) {
    const part = exposure.slice(at, at + AT_ONCE);
    await client.query(
      `WITH added AS (
         SELECT hour, kind, subject, seconds
         FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::float8[]) AS told (hour, kind, subject, seconds)
       ), in_hours AS (
         INSERT INTO exposure_hour (cluster_id, hour, kind, subject, task_seconds)
         SELECT $1, hour, kind, subject, seconds FROM added ORDER BY kind, subject, hour
         ON CONFLICT (cluster_id, kind, subject, hour)
         DO UPDATE SET task_seconds = exposure_hour.task_seconds + excluded.task_seconds
       )
       INSERT INTO rollup_day AS kept (cluster_id, kind, day, subject, task_seconds)
       SELECT $1, kind, date_trunc('day', hour, 'UTC'), subject, sum(seconds) FROM added GROUP BY 2, 3, 4
       ORDER BY 2, 3, 4
       ON CONFLICT (cluster_id, kind, day, subject)
       DO UPDATE SET task_seconds = kept.task_seconds + excluded.task_seconds`,
      [
        clusterId,
        part.map(({ hour }) => hour),
        part.map(({ kind }) => kind),
        part.map(({ subject }) => sanitize(subject)),
        part.map(({ taskSeconds }) => taskSeconds),
      ],
    );
  }
}
