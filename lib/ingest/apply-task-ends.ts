import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyLine, END_COLUMNS, END_FIELDS, jsonRow, toColumn } from './end-columns';
import { COUNT_ADDED, COUNT_REMOVED, COUNTED_COLUMNS, LAST_FAILURES } from './end-rollups';
import type { EndPlan } from './plan-task-ends';
import { TWIN_MS } from './plan-twins';
import { sanitize } from './sanitize';
import type { KnownEnd, TaskEnd } from './task-end';

/** Text handed to COPY at a time, and rows of one INSERT: what is held twice, and what one statement keeps others waiting. */
const COPY_CHARS = 64 * 1024;
const BATCH_ROWS = 50_000;
const TURN_MS = 8;
/** Up to so many rows go as parameters: the session's table and COPY cost more than they save. */
const FEW_ROWS = 200;
const FEW_CHARS = 4_000_000;
const PROBED_AT_ONCE = 2_000;
const DAY_MS = 86_400_000;
const PARTITION_PAST_MS = 400 * DAY_MS;
const PARTITION_AHEAD_MS = 62 * DAY_MS;

const KNOWN_COLUMNS = [
  'id',
  'finishedAt',
  'finishedAtKnown',
  'startedAt',
  'firstStatusAt',
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

/** Stored ends as they were written, by id. Cost: one index probe per id and month. */
export async function storedEnds(
  client: PoolClient,
  clusterId: number,
  ids: readonly string[],
): Promise<TaskEnd[]> {
  const { rows } = await client.query<TaskEnd>(
    `SELECT ${WHOLE_ROW} FROM task_end WHERE cluster_id = $1 AND id = ANY($2::uuid[])`,
    [clusterId, ids],
  );
  return rows.map(wholeEnd);
}

const WHOLE_ROW = END_FIELDS.map((name) => `${toColumn(name)} AS "${name}"`).join(', ');

function wholeEnd(row: TaskEnd): TaskEnd {
  return { ...row, statuses: row.statuses.map((status) => ({ ...status, at: dateOf(status.at) })) };
}

/** Times inside JSON come as text. */
function dateOf(value: unknown): Date | null {
  return typeof value === 'string' ? new Date(value) : null;
}

/**
 * Stored ends of these tasks that stand in for one whose time is not told yet. Cost: a probe per task and month of an
 * index that is all but empty.
 */
export async function standInsOf(
  client: PoolClient,
  clusterId: number,
  taskIds: readonly string[],
): Promise<TaskEnd[]> {
  const found: TaskEnd[] = [];
  for (let at = 0; at < taskIds.length; at += PROBED_AT_ONCE) {
    const { rows } = await client.query<TaskEnd>(
      `SELECT ${WHOLE_ROW} FROM task_end
       WHERE cluster_id = $1 AND task_id = ANY($2::text[]) AND NOT finished_at_known AND reopened_at IS NULL`,
      [clusterId, taskIds.slice(at, at + PROBED_AT_ONCE)],
    );
    found.push(...rows.map(wholeEnd));
  }
  return found;
}

/**
 * Stored ends that may be these very ends under another id, see `isTwin`: of the same task and time. Cost: a probe of
 * the task's index in the month of each end.
 */
export async function twinsOf(
  client: PoolClient,
  clusterId: number,
  ends: readonly Pick<TaskEnd, 'taskId' | 'finishedAt'>[],
): Promise<TaskEnd[]> {
  const found: TaskEnd[] = [];
  for (let at = 0; at < ends.length; at += PROBED_AT_ONCE) {
    const part = ends.slice(at, at + PROBED_AT_ONCE);
    // LIMIT keeps it a probe per row, whatever the statistics say.
    const { rows } = await client.query<TaskEnd>(
      `SELECT near.* FROM unnest($2::text[], $3::timestamptz[]) AS told (task_id, at)
       CROSS JOIN LATERAL (
         SELECT ${WHOLE_ROW} FROM task_end
         WHERE cluster_id = $1 AND task_end.task_id = told.task_id AND finished_at_known
           AND finished_at >= told.at - make_interval(secs => $4::float8 / 1000)
           AND finished_at <= told.at + make_interval(secs => $4::float8 / 1000)
         LIMIT 10
       ) AS near`,
      [
        clusterId,
        part.map(({ taskId }) => sanitize(taskId)),
        part.map(({ finishedAt }) => finishedAt),
        TWIN_MS,
      ],
    );
    found.push(...rows.map(wholeEnd));
  }
  return found;
}

/**
 * Stored ends of these tasks that a master may take back, and with them the id under which it offers them: see
 * `createTwins`. Cost: one read of an index that is all but empty.
 */
export async function reversibleOf(
  client: PoolClient,
  clusterId: number,
  taskIds: readonly string[],
): Promise<TaskEnd[]> {
  if (taskIds.length === 0) return [];
  const { rows } = await client.query<TaskEnd>(
    `SELECT ${WHOLE_ROW} FROM task_end
     WHERE cluster_id = $1 AND finished_at > now() - interval '15 days' AND reopened_at IS NULL
       AND state IN ('TASK_LOST', 'TASK_UNREACHABLE', 'TASK_DROPPED', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR')
       AND finished_at_known AND first_status_at IS NOT NULL AND task_id = ANY($2::text[])`,
    [clusterId, taskIds],
  );
  return rows.map(wholeEnd);
}

/**
 * Writes a plan inside the caller's transaction, which must hold the lease: rows, and their rollups with them.
 * Answers how many were new and how many changed. Writing a plan twice changes nothing the second time.
 */
export async function applyTaskEnds(
  client: PoolClient,
  clusterId: number,
  plan: EndPlan,
  now: Date,
): Promise<{ inserted: number; revised: number }> {
  await ensureMonths(client, 'task_end', timesOf(plan), now);
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

function* timesOf({ insert, revise }: EndPlan): Generator<Date> {
  for (const { finishedAt } of insert) yield finishedAt;
  for (const { end } of revise) yield end.finishedAt;
}

/** Makes the months that `instants` fall into, where they are near enough to now; the rest goes to the default partition. */
export async function ensureMonths(
  client: PoolClient,
  parent: 'task_end' | 'poll_run' | 'exposure_hour' | 'log_signal',
  instants: Iterable<Date>,
  now: Date,
): Promise<void> {
  const days = new Set<number>();
  for (const at of instants) days.add(Math.floor(at.getTime() / DAY_MS));
  const near = [...days].filter(
    (day) =>
      day * DAY_MS > now.getTime() - PARTITION_PAST_MS && day * DAY_MS < now.getTime() + PARTITION_AHEAD_MS,
  );
  const months = new Set(near.map((day) => new Date(day * DAY_MS).toISOString().slice(0, 7)));
  for (const month of months) {
    await client.query('SELECT exit137_ensure_month($1, $2)', [parent, `${month}-01T00:00:00Z`]);
  }
}

async function insertEnds(client: PoolClient, ends: readonly TaskEnd[]): Promise<number> {
  if (ends.length === 0) return 0;
  if (ends.length <= FEW_ROWS) {
    const rows = ends.map(jsonRow);
    const chars = rows.reduce((sum, row) => sum + row.length, 0);
    if (chars <= FEW_CHARS) return await insertFrom(client, FROM_PARAMETER, [`[${rows.join(',')}]`]);
  }
  return await insertMany(client, ends);
}

/**
 * Rows go by COPY into a table of the session, and from there by one statement that leaves known ones out and counts
 * the rest: at 50,000 rows several times as fast as any INSERT of parameters.
 */
async function insertMany(client: PoolClient, ends: readonly TaskEnd[]): Promise<number> {
  await client.query('CREATE TEMP TABLE IF NOT EXISTS task_end_stage (LIKE task_end) ON COMMIT DELETE ROWS');
  let inserted = 0;
  for (let at = 0; at < ends.length; at += BATCH_ROWS) {
    if (at > 0) await client.query('TRUNCATE task_end_stage');
    const stage = client.query(copyFrom(`COPY task_end_stage (${END_COLUMNS}) FROM STDIN`));
    await pipeline(Readable.from(copyChunks(ends.slice(at, at + BATCH_ROWS))), stage);
    inserted += await insertFrom(client, FROM_STAGE, []);
  }
  // A second plan of the same transaction begins with an empty one.
  await client.query('TRUNCATE task_end_stage');
  return inserted;
}

// In the order of time, new rows go to the end of the indexes that begin with it.
const FROM_STAGE = 'task_end_stage ORDER BY finished_at';
const FROM_PARAMETER = 'json_populate_recordset(NULL::task_end, $1::json)';

async function insertFrom(client: PoolClient, source: string, values: readonly string[]): Promise<number> {
  const { rows } = await client.query<{ inserted: number }>(
    `WITH added AS (
       INSERT INTO task_end (${END_COLUMNS}) SELECT ${END_COLUMNS} FROM ${source}
       ON CONFLICT DO NOTHING
       RETURNING ${COUNTED_COLUMNS}
     ), ${COUNT_ADDED}
     SELECT count(*)::int AS inserted FROM added`,
    [...values],
  );
  return rows[0]?.inserted ?? 0;
}

/** Lines in pieces of some 64 KiB; the event loop has its turn between them. */
export async function* copyChunks(ends: Iterable<TaskEnd>): AsyncGenerator<Buffer> {
  let piece = '';
  let turnBegan = performance.now();
  for (const end of ends) {
    piece += copyLine(end);
    if (piece.length < COPY_CHARS) continue;
    yield Buffer.from(piece);
    piece = '';
    if (performance.now() - turnBegan < TURN_MS) continue;
    await nextTurn();
    turnBegan = performance.now();
  }
  if (piece !== '') yield Buffer.from(piece);
}

type StoredAt = { id: string; finishedAt: Date };

/** Takes rows out, to be written anew as they are known now. */
async function removeEnds(client: PoolClient, clusterId: number, ends: readonly StoredAt[]): Promise<void> {
  if (ends.length === 0) return;
  await uncount(
    client,
    clusterId,
    `DELETE FROM task_end USING unnest($2::uuid[], $3::timestamptz[]) AS old (id, finished_at)
     WHERE task_end.cluster_id = $1 AND task_end.id = old.id AND task_end.finished_at = old.finished_at
     RETURNING task_end.*`,
    [clusterId, ends.map(({ id }) => id), ends.map(({ finishedAt }) => finishedAt)],
  );
}

async function reopenEnds(
  client: PoolClient,
  clusterId: number,
  ends: readonly StoredAt[],
  now: Date,
): Promise<void> {
  if (ends.length === 0) return;
  await uncount(
    client,
    clusterId,
    `UPDATE task_end SET reopened_at = $4, revised_at = $4, revision = least(revision + 1, 32767)
     FROM unnest($2::uuid[], $3::timestamptz[]) AS old (id, finished_at)
     WHERE task_end.cluster_id = $1 AND task_end.id = old.id AND task_end.finished_at = old.finished_at
       AND reopened_at IS NULL
     RETURNING task_end.cluster_id, task_end.finished_at, state, cause, disposition, NULL::timestamptz AS reopened_at,
               host, app_id`,
    [clusterId, ends.map(({ id }) => id), ends.map(({ finishedAt }) => finishedAt), now],
  );
}

/** Runs a statement whose RETURNING are rows that count no more, and takes them out of the rollups. */
async function uncount(
  client: PoolClient,
  clusterId: number,
  removing: string,
  values: readonly unknown[],
): Promise<void> {
  const { rows } = await client.query<{ kind: string; day: Date; subject: string }>(
    `WITH removed AS (${removing}), ${COUNT_REMOVED} SELECT kind, day, subject FROM touched`,
    [...values],
  );
  if (rows.length === 0) return;
  await client.query(LAST_FAILURES, [
    clusterId,
    rows.map(({ kind }) => kind),
    rows.map(({ day }) => day),
    rows.map(({ subject }) => subject),
  ]);
}
