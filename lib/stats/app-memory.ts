import type { AppMemory } from '@/lib/contracts/evidence';
import type { AppDetailBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

const MINUTE_MS = 60_000;
/** As wide as the collector's own steps; then by what people count in. */
const STEPS_MS = [5, 15, 30, 60, 120, 360, 720, 1440].map((minutes) => minutes * MINUTE_MS);
const MOST_POINTS = 300;
const MAX_DEATHS = 200;

type Row = { at: Date; max_bytes: string; mean_bytes: string; limit_bytes: string | null; tasks: number };

/** The narrowest step that gives at most 300 points. */
export function memoryStepMs(windowMs: number): number {
  return STEPS_MS.find((step) => windowMs / step <= MOST_POINTS) ?? 1440 * MINUTE_MS;
}

/**
 * Memory of an app's tasks in [from, to), in steps that are aligned to UTC; steps without a sample are null.
 * Null: no sample at all. From the first sample to the last only: before and after nobody looked.
 * Errors: a database failure propagates. Cost: an index range of one app, a row in 5 minutes.
 */
export async function appMemory(
  db: Db,
  clusterId: number,
  appId: string,
  { from, to }: Window,
): Promise<AppMemory | null> {
  const stepMs = memoryStepMs(to.getTime() - from.getTime());
  const { rows } = await db.query<Row>(
    `SELECT date_bin(make_interval(secs => $5), at, 'epoch') AS at, max(max_bytes)::text AS max_bytes,
            (sum(mean_bytes::numeric * tasks) / greatest(sum(tasks), 1))::bigint::text AS mean_bytes,
            max(limit_bytes)::text AS limit_bytes, max(tasks)::int AS tasks
     FROM app_memory WHERE cluster_id = $1 AND app_id = $2 AND at >= $3 AND at < $4
     GROUP BY 1 ORDER BY 1`,
    [clusterId, appId, from, to, stepMs / 1000],
  );
  const [first] = rows;
  const last = rows.at(-1);
  if (!first || !last) return null;
  const byMs = new Map(rows.map((row) => [row.at.getTime(), row]));
  const points: AppMemory['points'] = [];
  for (let ms = first.at.getTime(); ms <= last.at.getTime(); ms += stepMs) {
    points.push(toPoint(ms, byMs.get(ms)));
  }
  return { stepMs, points };
}

function toPoint(ms: number, row: Row | undefined): AppMemory['points'][number] {
  const at = new Date(ms).toISOString();
  if (!row) return { at, maxBytes: null, meanBytes: null, limitBytes: null, tasks: 0 };
  return {
    at,
    maxBytes: Number(row.max_bytes),
    meanBytes: Number(row.mean_bytes),
    limitBytes: row.limit_bytes === null ? null : Number(row.limit_bytes),
    tasks: row.tasks,
  };
}

/**
 * Ends of an app in [from, to) that ran out of memory, newest first, at most 200.
 * Errors: a database failure propagates. Cost: an index range of one app.
 */
export async function listOomDeaths(
  db: Db,
  clusterId: number,
  appId: string,
  { from, to }: Window,
): Promise<AppDetailBody['oomDeaths']> {
  const { rows } = await db.query<{ finished_at: Date; task_id: string }>(
    `SELECT finished_at, task_id FROM task_end
     WHERE cluster_id = $1 AND app_id = $2 AND finished_at >= $3 AND finished_at < $4
       AND cause IN ('oom_cgroup_limit', 'oom_host') AND reopened_at IS NULL
     ORDER BY finished_at DESC, id DESC LIMIT $5`,
    [clusterId, appId, from, to, MAX_DEATHS],
  );
  return rows.map((row) => ({ at: row.finished_at.toISOString(), taskId: row.task_id }));
}
