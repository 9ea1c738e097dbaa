import type { PoolClient } from 'pg';

import type { EndPlan, StandIn } from './plan-task-ends';
import { sanitize } from './sanitize';
import type { KnownEnd, TaskEnd } from './task-end';

// Rows of one statement: its text stays far below what V8 and Postgres hold, however long the messages are.
const BATCH_ROWS = 1_000;
const BATCH_CHARS = 8_000_000;
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
  'appId',
  'appVersion',
  'disposition',
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

// A field that is not read back would be lost when its end is written anew: the type names every one.
const END_COLUMNS = Object.keys({
  clusterId: true,
  id: true,
  finishedAt: true,
  finishedAtKnown: true,
  startedAt: true,
  firstStatusAt: true,
  frameworkId: true,
  taskId: true,
  agentId: true,
  executorId: true,
  name: true,
  frameworkName: true,
  hostname: true,
  host: true,
  appId: true,
  appVersion: true,
  state: true,
  reason: true,
  source: true,
  message: true,
  messageSource: true,
  healthy: true,
  image: true,
  containerizer: true,
  containerId: true,
  cpus: true,
  memMb: true,
  diskMb: true,
  gpus: true,
  labels: true,
  statuses: true,
  cause: true,
  disposition: true,
  proof: true,
  exitCode: true,
  signal: true,
  summary: true,
  because: true,
  advice: true,
  ruleId: true,
  fingerprint: true,
  deploymentId: true,
  reopenedAt: true,
  observedAt: true,
  revisedAt: true,
  revision: true,
} satisfies Record<keyof TaskEnd, true>);

/** Stored ends as they were written, by id. Cost: one index probe per id and month. */
export async function storedEnds(
  client: PoolClient,
  clusterId: number,
  ids: readonly string[],
): Promise<TaskEnd[]> {
  const columns = END_COLUMNS.map((name) => `${toColumn(name)} AS "${name}"`).join(', ');
  const { rows } = await client.query<TaskEnd>(
    `SELECT ${columns} FROM task_end WHERE cluster_id = $1 AND id = ANY($2::uuid[])`,
    [clusterId, ids],
  );
  return rows.map((end) => ({
    ...end,
    statuses: end.statuses.map((status) => ({ ...status, at: dateOf(status.at) })),
  }));
}

/** Times inside JSON come as text. */
function dateOf(value: unknown): Date | null {
  return typeof value === 'string' ? new Date(value) : null;
}

/** Stored ends of these tasks that stand in for one whose time is not told yet. Cost: one index probe per task and month. */
export async function standInsOf(
  client: PoolClient,
  clusterId: number,
  taskIds: readonly string[],
): Promise<StandIn[]> {
  const columns = [...KNOWN_COLUMNS, 'frameworkId', 'taskId', 'agentId']
    .map((name) => `${toColumn(name)} AS "${name}"`)
    .join(', ');
  const found: StandIn[] = [];
  for (let at = 0; at < taskIds.length; at += 5_000) {
    const { rows } = await client.query<StandIn>(
      `SELECT ${columns} FROM task_end
       WHERE cluster_id = $1 AND task_id = ANY($2::text[]) AND NOT finished_at_known AND reopened_at IS NULL`,
      [clusterId, taskIds.slice(at, at + 5_000)],
    );
    found.push(...rows);
  }
  return found;
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
  await removeEnds(
    client,
    clusterId,
    plan.revise.map(({ oldId, oldFinishedAt }) => ({ id: oldId, finishedAt: oldFinishedAt })),
  );
  const revised = await insertEnds(
    client,
    plan.revise.map(({ end }) => end),
  );
  await reopenEnds(client, clusterId, plan.reopen, now);
  const inserted = await insertEnds(client, plan.insert);
  return { inserted, revised: revised + plan.reopen.length };
}

/** Makes the months that `instants` fall into, where they are near enough to now; the rest goes to the default partition. */
export async function ensureMonths(
  client: PoolClient,
  parent: 'task_end' | 'poll_run' | 'exposure_hour' | 'log_signal',
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
  const columns = Object.keys(ends[0] ?? {})
    .map(toColumn)
    .join(', '); // Derived from the type's own field names.
  let inserted = 0;
  for (const rows of batches(ends)) {
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
      [rows],
    );
    inserted += counted[0]?.inserted ?? 0;
  }
  return inserted;
}

/** JSON arrays of rows. */
function* batches(ends: readonly TaskEnd[]): Generator<string> {
  let rows: string[] = [];
  let chars = 0;
  for (const end of ends) {
    const row = JSON.stringify(toRow(end));
    if (rows.length === BATCH_ROWS || (rows.length > 0 && chars + row.length > BATCH_CHARS)) {
      yield `[${rows.join(',')}]`;
      rows = [];
      chars = 0;
    }
    rows.push(row);
    chars += row.length;
  }
  if (rows.length > 0) yield `[${rows.join(',')}]`;
}

type StoredAt = { id: string; finishedAt: Date };

/** Takes rows out, to be written anew as they are known now. */
async function removeEnds(client: PoolClient, clusterId: number, ends: readonly StoredAt[]): Promise<void> {
  await client.query(
    `WITH removed AS (
       DELETE FROM task_end USING unnest($2::uuid[], $3::timestamptz[]) AS old (id, finished_at)
       WHERE task_end.cluster_id = $1 AND task_end.id = old.id AND task_end.finished_at = old.finished_at
       RETURNING task_end.*
     ) ${UNCOUNT}`,
    [clusterId, ends.map(({ id }) => id), ends.map(({ finishedAt }) => finishedAt)],
  );
}

async function reopenEnds(
  client: PoolClient,
  clusterId: number,
  ends: readonly StoredAt[],
  now: Date,
): Promise<void> {
  await client.query(
    `WITH removed AS (
       UPDATE task_end SET reopened_at = $4, revised_at = $4, revision = least(revision + 1, 32767)
       FROM unnest($2::uuid[], $3::timestamptz[]) AS old (id, finished_at)
       WHERE task_end.cluster_id = $1 AND task_end.id = old.id AND task_end.finished_at = old.finished_at
         AND reopened_at IS NULL
       RETURNING task_end.cluster_id, task_end.finished_at, state, cause, disposition, NULL::timestamptz AS reopened_at
     ) ${UNCOUNT}`,
    [clusterId, ends.map(({ id }) => id), ends.map(({ finishedAt }) => finishedAt), now],
  );
}

/** Takes the rows of `removed` that counted out of rollup_hour. */
const UNCOUNT = `
  UPDATE rollup_hour SET ends = rollup_hour.ends - gone.ends
  FROM (
    SELECT cluster_id, date_trunc('hour', finished_at, 'UTC') AS hour, state, cause, disposition, count(*)::int AS ends
    FROM removed WHERE reopened_at IS NULL GROUP BY 1, 2, 3, 4, 5
  ) AS gone
  WHERE rollup_hour.cluster_id = gone.cluster_id AND rollup_hour.hour = gone.hour
    AND rollup_hour.state = gone.state AND rollup_hour.cause = gone.cause
    AND rollup_hour.disposition = gone.disposition`;

function toRow(end: TaskEnd): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sanitize(end)).map(([name, value]) => [toColumn(name), value]));
}

/** `finishedAtKnown` is the column `finished_at_known`. */
function toColumn(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
