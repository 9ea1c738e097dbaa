import type { Db } from '@/lib/db/pool';

import { Conditions } from './conditions';
import {
  COUNTED_FAILURES,
  type Found,
  filterSql,
  isCovered,
  NEWEST_FIRST,
  type Position,
  scopeSql,
  type TaskFilter,
  type TaskScope,
  walkTasks,
} from './task-walk';
import { earliest, latest } from './time-bounds';

const HOUR_MS = 3_600_000;
/** Index entries that one page may look at: some 50 ms. */
const BUDGET = 200_000;
/** What reading a row costs, in index entries: where `filters` need more than the index holds. */
const COST_OF_ROW = 100;
const KEPT_BUDGET = 20_000;
// A cause has at most this many rows in an hour: one for each state and disposition.
const ROWS_OF_HOUR = 27;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/** What rollup_hour counts by. At least one is set. */
export type Verdict = {
  cause?: readonly string[] | undefined;
  state?: readonly string[] | undefined;
  disposition?: readonly string[] | undefined;
};

type Hour = { hour: Date; ends: number; failures: boolean; looked: number };

/**
 * Ends that were not reopened, of a state, cause or disposition: rollup_hour tells which hours hold them, so hours
 * without any cost nothing. `filters` are all that must hold, those of `verdict` among them.
 * Cost: an index range of rollup_hour, and of each hour that holds one its failures or all its ends, by index alone
 * where `filters` need no other column. Rollups outlive the ends: before `ends_from` only kept ends are left, and these
 * few are walked.
 */
export async function findByHours(
  db: Db,
  scope: TaskScope,
  verdict: Verdict,
  filters: readonly TaskFilter[],
): Promise<Found> {
  const endsFrom = await readEndsFrom(db, scope.clusterId);
  const recent = await jumpThrough(db, { ...scope, from: latest(scope.from, endsFrom) }, verdict, filters);
  const isWhole = recent.horizon !== null || recent.keys.length >= scope.wanted;
  if (isWhole || endsFrom === null || (scope.from && scope.from >= endsFrom)) return recent;
  const counted = { columns: ['reopened_at'], template: 'reopened_at IS NULL', values: [] };
  const before = { ...scope, to: earliest(scope.to, endsFrom), wanted: scope.wanted - recent.keys.length };
  const kept = await walkTasks(db, before, { filters: [...filters, counted], budget: KEPT_BUDGET });
  return { keys: [...recent.keys, ...kept.keys], horizon: kept.horizon };
}

async function readEndsFrom(db: Db, clusterId: number): Promise<Date | null> {
  const { rows } = await db.query<{ ends_from: Date | null }>('SELECT ends_from FROM cluster WHERE id = $1', [
    clusterId,
  ]);
  return rows[0]?.ends_from ?? null;
}

async function jumpThrough(
  db: Db,
  scope: TaskScope,
  verdict: Verdict,
  filters: readonly TaskFilter[],
): Promise<Found> {
  const keys: Position[] = [];
  const needsRows = !filters.every(isCovered);
  let left = scope.budget ?? BUDGET;
  let before: Date | null = null;
  for (let hoped = scope.wanted; ; hoped *= 4) {
    const listed = (await listHours(db, scope, verdict, before, hoped)).map((hour) =>
      needsRows ? { ...hour, looked: hour.looked + hour.ends * COST_OF_ROW } : hour,
    );
    const hours = enoughOf(listed, hoped, left);
    const last = hours.at(-1);
    if (!last) return { keys, horizon: null };
    keys.push(...(await readHours(db, scope, hours, filters, scope.wanted - keys.length)));
    if (keys.length >= scope.wanted) return { keys, horizon: null };
    left -= hours.reduce((sum, { looked }) => sum + looked, 0);
    if (left <= 0) return { keys, horizon: { finished_at: last.hour, id: LOWEST_ID } };
    before = last.hour;
  }
}

/** The newest hours that hold `hoped` ends together, as far as the budget goes, but always one. */
function enoughOf(listed: readonly Hour[], hoped: number, budget: number): Hour[] {
  const hours: Hour[] = [];
  let ends = 0;
  let looked = 0;
  for (const hour of listed) {
    if (hours.length > 0 && (ends >= hoped || looked >= budget)) break;
    // The first may lie partly beyond the cursor, so its ends are not counted on.
    if (hours.length > 0) ends += hour.ends;
    looked += hour.looked;
    hours.push(hour);
  }
  return hours;
}

/** Hours before `before` that hold ends of the verdict, newest first: all that together hold `hoped` ends. */
async function listHours(
  db: Db,
  { clusterId, from, to, after }: TaskScope,
  verdict: Verdict,
  before: Date | null,
  hoped: number,
): Promise<Hour[]> {
  const c = new Conditions();
  c.add('cluster_id = ?', clusterId);
  c.add('ends > 0');
  if (from) c.add('hour > ?', new Date(from.getTime() - HOUR_MS));
  if (to) c.add('hour < ?', to);
  // Of an hour that was seen to its beginning nothing is left.
  if (after) c.add(after.id === LOWEST_ID ? 'hour < ?' : 'hour <= ?', after.finishedAt);
  if (before) c.add('hour < ?', before);
  // An index for each; a cause says most.
  const by =
    (['cause', 'state', 'disposition'] as const).find((name) => verdict[name] !== undefined) ?? 'cause';
  for (const name of ['state', 'disposition'] as const) {
    if (name !== by && verdict[name]) c.add(`${name} = ANY (?::text[])`, verdict[name]);
  }
  const { rows } = await db.query<Hour>(
    `WITH named AS (
       SELECT r.* FROM unnest(${c.param(verdict[by])}::text[]) AS of (value), LATERAL (
         SELECT hour, ends, disposition FROM rollup_hour WHERE ${by} = of.value AND ${c.sql}
         ORDER BY hour DESC LIMIT ${c.param(hoped + 2 * ROWS_OF_HOUR)}
       ) AS r
     ), hours AS (
       SELECT hour, sum(ends)::int AS ends, bool_and(disposition = 'failure') AS failures
       FROM named GROUP BY hour ORDER BY hour DESC LIMIT ${c.param(hoped + 1)}
     )
     SELECT hour, ends, failures,
            (SELECT sum(r.ends)::int FROM rollup_hour r WHERE r.cluster_id = ${c.param(clusterId)} AND r.hour = hours.hour
               AND (NOT failures OR r.disposition = 'failure')) AS looked
     FROM hours ORDER BY hour DESC`,
    c.values,
  );
  return rows;
}

async function readHours(
  db: Db,
  scope: TaskScope,
  hours: readonly Hour[],
  filters: readonly TaskFilter[],
  wanted: number,
): Promise<Position[]> {
  const c = new Conditions();
  const newest = hours[0]?.hour.getTime() ?? 0;
  const oldest = hours.at(-1)?.hour ?? new Date(0);
  const counted = hours.every(({ failures }) => failures) ? COUNTED_FAILURES : 'reopened_at IS NULL';
  const covered = `SELECT finished_at, id FROM unnest(${c.param(hours.map(({ hour }) => hour))}::timestamptz[]) AS of (hour), LATERAL (
       SELECT finished_at, id FROM task_end
       WHERE ${scopeSql(c, scope)} AND finished_at >= of.hour AND finished_at < of.hour + interval '1 hour'
         -- Once more as constants: they prune partitions when the statement is planned.
         AND finished_at >= ${c.param(oldest)} AND finished_at < ${c.param(new Date(newest + HOUR_MS))}
         AND ${counted} AND ${filterSql(c, filters.filter(isCovered))}
     ) AS found ${NEWEST_FIRST}`;
  const others = filters.filter((filter) => !isCovered(filter));
  // Rows are read one by one, newest first, until enough of them pass; a join would read them all.
  const sql =
    others.length === 0
      ? covered
      : `SELECT finished_at, id FROM (${covered}) AS walked, LATERAL (
           SELECT true FROM task_end
           WHERE cluster_id = ${c.param(scope.clusterId)} AND task_end.id = walked.id
             AND task_end.finished_at = walked.finished_at AND ${filterSql(c, others)} LIMIT 1
         ) AS passed`;
  const { rows } = await db.query<Position>(`${sql} LIMIT ${c.param(wanted)}`, c.values);
  return rows;
}
