import type { PoolClient } from 'pg';

import { ensureMonths } from './apply-task-ends';
import type { Exposure } from './plan-exposure';
import { sanitize } from './sanitize';

/** Adds task-seconds to what their hours hold already; the caller's transaction moves the mark they count from. */
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
  for (let at = 0; at < exposure.length; at += 20_000) {
    const part = exposure.slice(at, at + 20_000);
    await client.query(
      `INSERT INTO exposure_hour (cluster_id, hour, kind, subject, task_seconds)
       SELECT $1, * FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::float8[])
       ON CONFLICT (cluster_id, kind, subject, hour)
       DO UPDATE SET task_seconds = exposure_hour.task_seconds + excluded.task_seconds`,
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
