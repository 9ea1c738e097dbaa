import type { Db } from '@/lib/db/pool';

import { Conditions } from './conditions';
import type { TaskCursor } from './task-cursor';

/** Where an end stands in the order of the list: newest first, then by id. */
export type Position = { finished_at: Date; id: string };

/**
 * Ends that were found, newest first. `horizon`: the search saw everything down to here and no further; null: it
 * saw all there is, or as many as were wanted.
 */
export type Found = { keys: Position[]; horizon: Position | null };

/** Which part of one cluster's ends a page is about. */
export type TaskScope = {
  clusterId: number;
  /** Null: no bound on that side. */
  from: Date | null;
  to: Date | null;
  /** Only ends that sort after it. */
  after: TaskCursor | null;
  /** Ends at most. */
  wanted: number;
  /** Rows looked at, at most, where no index tells which of them match; undefined: each walk's own. */
  budget: number | undefined;
};

/** A condition on columns of task_end; each `?` of the template stands for the next value. */
export type TaskFilter = { columns: readonly string[]; template: string; values: readonly unknown[] };

/** Ends that an index holds in order of time for one value: those of a host, an app, an exit code. */
export type Streams = {
  /** `$value` stands for the value. */
  template: string;
  type: 'text' | 'smallint';
  values: readonly unknown[];
};

export type Walk = {
  /** One walk for each value, merged. Undefined: one walk through all ends. */
  streams?: Streams | undefined;
  /** Narrows what is walked, as the condition of a partial index; written in code. */
  partial?: string;
  filters: readonly TaskFilter[];
  budget: number;
};

/**
 * So many streams are written out one by one: the planner knows how many rows each value has, and walks those of a
 * common one in order where it would read and sort them all. More would take longer to plan than to walk.
 */
export const FEW_STREAMS = 4;

/** The condition of task_end_failure_idx and task_end_words_idx. */
export const COUNTED_FAILURES = `disposition = 'failure' AND reopened_at IS NULL`;

/**
 * Walks ends from the newest and keeps those that pass every filter, until enough are found or the budget of rows is
 * looked through. Without filters it is exact. Cost: an index range, and the row itself where a filter needs a column
 * that its index lacks.
 */
export async function walkTasks(db: Db, scope: TaskScope, walk: Walk): Promise<Found> {
  const { streams, filters } = walk;
  const count = streams?.values.length ?? 1;
  const budget = Math.max(1, Math.floor((scope.budget ?? walk.budget) / count));
  const { rows: keys } = await db.query<Position>(...walkStatement(scope, walk, budget));
  const last = keys.length === scope.wanted ? keys.at(-1) : undefined;
  if (filters.length === 0 || (count === 1 && last)) return { keys, horizon: null };
  // Of a full page only what is newer matters: did one of the walks end before the page does?
  const seen = last ? { ...scope, from: last.finished_at } : scope;
  return { keys, horizon: await readHorizon(db, seen, walk, budget) };
}

function walkStatement(scope: TaskScope, walk: Walk, budget: number): [string, unknown[]] {
  const c = new Conditions();
  const columns = new Set(['finished_at', 'id', ...walk.filters.flatMap((filter) => filter.columns)]);
  const one = (range: string) =>
    walk.filters.length === 0
      ? `SELECT finished_at, id FROM task_end WHERE ${range} ${NEWEST_FIRST} LIMIT ${c.param(scope.wanted)}`
      : `SELECT finished_at, id FROM (
           SELECT ${[...columns].join(', ')} FROM task_end WHERE ${range} ${NEWEST_FIRST} LIMIT ${c.param(budget)}
         ) AS walked WHERE ${filterSql(c, walk.filters)} ${NEWEST_FIRST} LIMIT ${c.param(scope.wanted)}`;
  return [perStream(c, scope, walk, scope.wanted, one), c.values];
}

/** The newest of the places where the walks met their budget; null: none did. */
async function readHorizon(db: Db, scope: TaskScope, walk: Walk, budget: number): Promise<Position | null> {
  const c = new Conditions();
  const one = (range: string) =>
    `SELECT finished_at, id FROM task_end WHERE ${range} ${NEWEST_FIRST} OFFSET ${c.param(budget - 1)} LIMIT 1`;
  const { rows } = await db.query<Position>(perStream(c, scope, walk, 1, one), c.values);
  return rows[0] ?? null;
}

export const NEWEST_FIRST = 'ORDER BY finished_at DESC, id DESC';

/** The statement `one` for every stream, and the newest `limit` of what they find. */
function perStream(
  c: Conditions,
  scope: TaskScope,
  { streams, partial }: Walk,
  limit: number,
  one: (range: string) => string,
): string {
  const range = partial === undefined ? scopeSql(c, scope) : `${scopeSql(c, scope)} AND ${partial}`;
  if (!streams) return one(range);
  const { template, type, values } = streams;
  if (values.length > FEW_STREAMS) {
    return `SELECT finished_at, id FROM unnest(${c.param(values)}::${type}[]) AS of (value),
            LATERAL (${one(`${range} AND ${template.replace('$value', () => 'of.value')}`)}) AS found
            ${NEWEST_FIRST} LIMIT ${c.param(limit)}`;
  }
  const each = values.map((value) =>
    one(`${range} AND ${template.replace('$value', () => `${c.param(value)}::${type}`)}`),
  );
  const [only] = each;
  if (each.length === 1 && only !== undefined) return only;
  return `SELECT finished_at, id FROM (${each.map((sql) => `(${sql})`).join(' UNION ALL ')}) AS found
          ${NEWEST_FIRST} LIMIT ${c.param(limit)}`;
}

/** The scope as a condition on task_end. */
export function scopeSql(c: Conditions, { clusterId, from, to, after }: TaskScope): string {
  const parts = [c.text('cluster_id = ?', clusterId)];
  if (from) parts.push(c.text('finished_at >= ?', from));
  if (to) parts.push(c.text('finished_at < ?', to));
  if (after) {
    // The first bound prunes partitions, which a row comparison does not.
    parts.push(c.text('finished_at <= ?', after.finishedAt));
    parts.push(c.text('(finished_at, id) < (?, ?::uuid)', after.finishedAt, after.id));
  }
  return parts.join(' AND ');
}

/** Columns that task_end_finished_idx holds: filters on them need no row. */
const COVERED = new Set(['host', 'app_id', 'state', 'cause', 'disposition', 'reopened_at']);

export function isCovered({ columns }: TaskFilter): boolean {
  return columns.every((column) => COVERED.has(column));
}

/** What `found` holds, and where its horizon left some to be seen and wanted, what `next` finds beyond it. */
export async function goOn(
  scope: TaskScope,
  found: Found,
  next: (rest: TaskScope & { after: TaskCursor }) => Promise<Found>,
): Promise<Found> {
  const { keys, horizon } = found;
  if (horizon === null || keys.length >= scope.wanted) return found;
  const after = { finishedAt: horizon.finished_at, id: horizon.id };
  const older = await next({ ...scope, after, wanted: scope.wanted - keys.length });
  return { keys: [...keys, ...older.keys], horizon: older.horizon };
}

/** Filters joined by AND; TRUE where there are none. */
export function filterSql(c: Conditions, filters: readonly TaskFilter[]): string {
  const parts = filters.map(({ template, values }) => c.text(template, ...values));
  return parts.length === 0 ? 'TRUE' : parts.join(' AND ');
}

/** The order of the list, for Array.sort. */
export function newestFirst(a: Position, b: Position): number {
  // Ids compare as Postgres compares uuids: by bytes, which is the order of their lower-case text.
  return b.finished_at.getTime() - a.finished_at.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** Several searches as one: each end once, and nothing beyond the place that all of them saw. */
export function mergeFound(found: readonly Found[], wanted: number): Found {
  const horizon =
    found
      .map((one) => one.horizon)
      .filter((position) => position !== null)
      .sort(newestFirst)[0] ?? null;
  const byId = new Map(found.flatMap((one) => one.keys).map((key) => [key.id, key]));
  const keys = [...byId.values()]
    .sort(newestFirst)
    .filter((key) => horizon === null || newestFirst(key, horizon) <= 0)
    .slice(0, wanted);
  return { keys, horizon: keys.length === wanted ? null : horizon };
}
