import type { PoolClient } from 'pg';

import type { EndPlan } from './plan-task-ends';
import { sanitize } from './sanitize';
import type { KnownEnd, TaskEnd } from './task-end';

const BATCH = 1_000;
const PARTITION_PAST_MS = 400 * 86_400_000;
const PARTITION_AHEAD_MS = 62 * 86_400_000;

const KNOWN_COLUMNS = [
  'id',
  'finishedAt',
  'finishedAtKnown',
  'startedAt',
  'state',
  'reason',
  'source',
  'message',
  'messageSource',
  'healthy',
  'containerId',
  'hostname',
  'frameworkName',
  'appId',
  'appVersion',
  'cause',
  'disposition',
  'summary',
  'deploymentId',
  'reopenedAt',
  'observedAt',
  'revision',
] as const satisfies readonly (keyof KnownEnd)[];

/** Stored ends by id. Cost: one index probe per id and month. */
export async function knownEnds(
  client: PoolClient,
  clusterId: number,
  ids: readonly string[],
): Promise<Map<string, KnownEnd>> {
  const known = new Map<string, KnownEnd>();
  const columns = KNOWN_COLUMNS.map((name) => `${toColumn(name)} AS "${name}"`).join(', ');
  for (let at = 0; at < ids.length; at += 5_000) {
    const { rows } = await client.query<KnownEnd>(
      `SELECT ${columns} FROM task_end WHERE cluster_id = $1 AND id = ANY($2::uuid[])`,
      [clusterId, ids.slice(at, at + 5_000)],
    );
    for (const row of rows) known.set(row.id, row);
  }
  return known;
}

/**
 * Writes a plan inside the caller's transaction, which must hold the lease: rows, and rollup_hour with them.
 * Answers how many were new and how many changed. Writing a plan twice changes nothing the second time.
 */
export async function applyTaskEnds(
  client: PoolClient,
  clusterId: number,
  plan: EndPlan,
  now: Date,
): Promise<{ inserted: number; revised: number }> {
  await ensureMonths(
    client,
    'task_end',
    [...plan.insert, ...plan.revise.map(({ end }) => end)].map((end) => end.finishedAt),
    now,
  );
  for (const { oldFinishedAt, end } of plan.revise) await removeEnd(client, clusterId, end.id, oldFinishedAt);
  const revised = await insertEnds(
    client,
    plan.revise.map(({ end }) => end),
  );
  for (const { id, finishedAt } of plan.reopen) await reopenEnd(client, { clusterId, id, finishedAt, now });
  const inserted = await insertEnds(client, plan.insert);
  return { inserted, revised: revised + plan.reopen.length };
}

/** Makes the months that `instants` fall into, where they are near enough to now; the rest goes to the default partition. */
export async function ensureMonths(
  client: PoolClient,
  parent: 'task_end' | 'poll_run' | 'exposure_hour',
  instants: readonly Date[],
  now: Date,
): Promise<void> {
  const months = new Set(
    instants
      .filter(
        (at) =>
          at.getTime() > now.getTime() - PARTITION_PAST_MS &&
          at.getTime() < now.getTime() + PARTITION_AHEAD_MS,
      )
      .map((at) => at.toISOString().slice(0, 7)),
  );
  for (const month of months) {
    await client.query('SELECT exit137_ensure_month($1, $2)', [parent, `${month}-01T00:00:00Z`]);
  }
}

async function insertEnds(client: PoolClient, ends: readonly TaskEnd[]): Promise<number> {
  let inserted = 0;
  for (let at = 0; at < ends.length; at += BATCH) {
    const rows = ends.slice(at, at + BATCH).map(toRow);
    const columns = Object.keys(rows[0] ?? {}).join(', '); // Derived from the type's own field names.
    const { rows: counted } = await client.query<{ inserted: number }>(
      `WITH added AS (
         INSERT INTO task_end (${columns})
         SELECT ${columns} FROM json_populate_recordset(NULL::task_end, $1::json)
         ON CONFLICT DO NOTHING
         RETURNING cluster_id, finished_at, state, cause, disposition, reopened_at
       ), counted AS (
         INSERT INTO rollup_hour (cluster_id, hour, state, cause, disposition, ends)
         SELECT cluster_id, date_trunc('hour', finished_at, 'UTC'), state, cause, disposition, count(*)
         FROM added WHERE reopened_at IS NULL
         GROUP BY 1, 2, 3, 4, 5
         ON CONFLICT (cluster_id, hour, state, cause, disposition) DO UPDATE SET ends = rollup_hour.ends + excluded.ends
       )
       SELECT count(*)::int AS inserted FROM added`,
      [JSON.stringify(rows)],
    );
    inserted += counted[0]?.inserted ?? 0;
  }
  return inserted;
}

async function removeEnd(client: PoolClient, clusterId: number, id: string, finishedAt: Date): Promise<void> {
  await client.query(
    `WITH removed AS (
       DELETE FROM task_end WHERE cluster_id = $1 AND id = $2 AND finished_at = $3
       RETURNING cluster_id, finished_at, state, cause, disposition, reopened_at
     )
     UPDATE rollup_hour SET ends = ends - 1 FROM removed
     WHERE removed.reopened_at IS NULL AND ${SAME_ROLLUP}`,
    [clusterId, id, finishedAt],
  );
}

async function reopenEnd(
  client: PoolClient,
  end: { clusterId: number; id: string; finishedAt: Date; now: Date },
): Promise<void> {
  await client.query(
    `WITH removed AS (
       UPDATE task_end SET reopened_at = $4, revised_at = $4, revision = revision + 1
       WHERE cluster_id = $1 AND id = $2 AND finished_at = $3 AND reopened_at IS NULL
       RETURNING cluster_id, finished_at, state, cause, disposition
     )
     UPDATE rollup_hour SET ends = ends - 1 FROM removed WHERE ${SAME_ROLLUP}`,
    [end.clusterId, end.id, end.finishedAt, end.now],
  );
}

const SAME_ROLLUP = `rollup_hour.cluster_id = removed.cluster_id
  AND rollup_hour.hour = date_trunc('hour', removed.finished_at, 'UTC')
  AND rollup_hour.state = removed.state AND rollup_hour.cause = removed.cause
  AND rollup_hour.disposition = removed.disposition`;

function toRow(end: TaskEnd): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sanitize(end)).map(([name, value]) => [toColumn(name), value]));
}

/** `finishedAtKnown` is the column `finished_at_known`. */
function toColumn(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
