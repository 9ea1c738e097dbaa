import type { TaskItem, TasksBody } from '@/lib/contracts/task';
import type { Db } from '@/lib/db/pool';

import { clustersInScope, namesById } from './cluster-scope';
import { Conditions } from './conditions';
import { encodeTaskCursor, parseTaskCursor } from './task-cursor';
import { planTaskFilters, type TaskFilterPlan, type TasksFilter } from './task-filters';
import { findByHours } from './task-hours';
import { TASK_ITEM_COLUMNS, type TaskItemRow, toTaskItem } from './task-item';
import { searchTasks } from './task-search';
import {
  COUNTED_FAILURES,
  type Found,
  goOn,
  isCovered,
  mergeFound,
  NEWEST_FIRST,
  newestFirst,
  type Position,
  type Streams,
  type TaskScope,
  walkTasks,
} from './task-walk';

/** Rows of one host, app, framework or exit code that a page may read to find those that pass the other filters. */
const STREAM_BUDGET = 20_000;
/** The same through all ends, newest first. */
const WALK_BUDGET = 50_000;
/** Rows of one host or app that are read before the hours are asked which hold the verdict. */
const JUMP_AFTER = 3_000;
/** The condition of task_end_reopened_idx. */
const REOPENED = 'reopened_at IS NOT NULL';

export type TasksInput = TasksFilter & {
  cluster?: string | undefined;
  /** Null: no bound on that side. */
  from: Date | null;
  to: Date | null;
  limit: number;
  cursor?: string | undefined;
  /** Rows that one search may look at where no index tells which match; default: each search's own. */
  scanBudget?: number | undefined;
};

/**
 * Ended tasks, newest first, reopened ones too (with `reopenedAt`).
 *
 * Shape: at most `limit` items; `nextCursor` null: nothing older matches. Every filter finds full pages by an index of
 * its own; where two or more must hold and few ends have both, a page may be short, even empty, and still have a
 * `nextCursor`: some 20,000 rows were looked at, and the next page goes on. `q`: see searchTasks for what it finds.
 * Errors: BAD_REQUEST for a cursor that is none; a database failure propagates; an unknown cluster gives no items.
 * Cost: keyset on (finished_at, id), whatever the page; never a count. The rows shown are read by key.
 */
export async function listTasks(db: Db, query: TasksInput, _now: Date): Promise<TasksBody> {
  const after = query.cursor === undefined ? null : parseTaskCursor(query.cursor);
  const clusters = await clustersInScope(db, query.cluster);
  const wanted = query.limit + 1;
  const pages: (Found & { clusterId: number })[] = [];
  // One by one: `db` may be a single session.
  for (const { id: clusterId } of clusters) {
    const scope = { clusterId, from: query.from, to: query.to, after, wanted, budget: query.scanBudget };
    pages.push({ clusterId, ...(await findEnds(db, scope, query)) });
  }

  const { keys, horizon } = mergeFound(pages, wanted);
  const shown = keys.slice(0, query.limit);
  const last = keys.length > query.limit ? shown.at(-1) : horizon;
  const ids = new Set(shown.map(({ id }) => id));
  const rows: TaskItemRow[] = [];
  for (const { clusterId, keys: own } of pages) {
    rows.push(
      ...(await readRows(
        db,
        clusterId,
        own.filter(({ id }) => ids.has(id)),
      )),
    );
  }
  const names = namesById(clusters);
  return {
    items: rows.sort(newestFirst).map((row): TaskItem => toTaskItem(row, names)),
    nextCursor: last ? encodeTaskCursor({ finishedAt: last.finished_at, id: last.id }) : null,
  };
}

async function findEnds(db: Db, scope: TaskScope, query: TasksInput): Promise<Found> {
  const plan = await planTaskFilters(db, scope.clusterId, query);
  const { streams, filters, verdict } = plan;
  if (query.q !== undefined) return await searchTasks(db, scope, query.q, plan);
  if (streams) return await findInStreams(db, scope, streams, plan);
  if (!verdict) return await walkTasks(db, scope, { filters, budget: WALK_BUDGET });
  const failures = { partial: COUNTED_FAILURES, filters: plan.beyondVerdict, budget: WALK_BUDGET };
  const counted = plan.allFailures
    ? await walkTasks(db, scope, failures)
    : await findByHours(db, scope, verdict, filters);
  if (query.countedOnly) return counted;
  // They are few, and in no rollup.
  const reopened = { partial: REOPENED, filters, budget: STREAM_BUDGET };
  return mergeFound([counted, await walkTasks(db, scope, reopened)], scope.wanted);
}

/** The ends of one value that pass the other filters; what is rare among many is looked for in the hours that hold it. */
async function findInStreams(
  db: Db,
  scope: TaskScope,
  streams: Streams,
  { filters, whole, verdict }: TaskFilterPlan,
): Promise<Found> {
  const isJumping = verdict !== null && whole.every(isCovered);
  const budget = isJumping ? JUMP_AFTER : STREAM_BUDGET;
  const newest = await walkTasks(db, scope, { streams, filters, budget });
  if (!isJumping) return newest;
  return await goOn(scope, newest, async (rest) => {
    const counted = await findByHours(db, rest, verdict, whole);
    // Reopened ends are few, and in no rollup.
    const reopened = { partial: REOPENED, filters: whole, budget: STREAM_BUDGET };
    return mergeFound([counted, await walkTasks(db, rest, reopened)], rest.wanted);
  });
}

async function readRows(db: Db, clusterId: number, keys: readonly Position[]): Promise<TaskItemRow[]> {
  const [newest] = keys;
  const oldest = keys.at(-1);
  if (!newest || !oldest) return [];
  const c = new Conditions();
  c.add('cluster_id = ?', clusterId);
  c.add(
    'id = ANY (?::uuid[])',
    keys.map(({ id }) => id),
  );
  // Bounds, so that only their months are probed.
  c.add('finished_at >= ?', oldest.finished_at);
  c.add('finished_at <= ?', newest.finished_at);
  const { rows } = await db.query<TaskItemRow>(
    `SELECT ${TASK_ITEM_COLUMNS} FROM task_end WHERE ${c.sql} ${NEWEST_FIRST}`,
    c.values,
  );
  return rows;
}
