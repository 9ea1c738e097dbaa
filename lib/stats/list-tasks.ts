import type { TaskItem, TasksBody } from '@/lib/contracts/task';
import type { Db } from '@/lib/db/pool';
import type { Cause, Disposition } from '@/lib/domain/cause';
import type { EndState } from '@/lib/domain/task';

import { toAppId } from './app-id';
import { clustersInScope, namesById } from './cluster-scope';
import { encodeTaskCursor, parseTaskCursor, type TaskCursor } from './task-cursor';
import { TASK_ITEM_COLUMNS, type TaskItemRow, toTaskItem } from './task-item';

/** Some 0.2 s of work. */
const SCAN_BUDGET = 100_000;

export type TaskFilter = {
  state?: readonly EndState[] | undefined;
  cause?: readonly Cause[] | undefined;
  disposition?: readonly Disposition[] | undefined;
  /** Hostname or agent id. */
  host?: string | undefined;
  /** With or without its leading slash. */
  app?: string | undefined;
  /** Id or name. */
  framework?: string | undefined;
  fingerprint?: string | undefined;
  exitCode?: number | undefined;
  q?: string | undefined;
  /** True: without ends that were reopened, as all numbers are counted. */
  countedOnly?: boolean | undefined;
};

export type TasksInput = TaskFilter & {
  cluster?: string | undefined;
  /** Null: no bound on that side. */
  from: Date | null;
  to: Date | null;
  limit: number;
  cursor?: string | undefined;
  /** Rows one page may look at where a filter has no index; default 100,000. */
  scanBudget?: number | undefined;
};

/**
 * Ended tasks, newest first, reopened ones too (with `reopenedAt`).
 *
 * Shape: at most `limit` items; `nextCursor` null: nothing older matches. A page may be short, even empty, and
 * still have a `nextCursor`: filters without an index look at 100,000 rows a page, and the next page goes on.
 * Errors: BAD_REQUEST for a cursor that is none; a database failure propagates; an unknown cluster gives no items.
 * Cost: keyset on (finished_at, id), host, app or fingerprint by index; never OFFSET into pages, never a count.
 */
export async function listTasks(db: Db, query: TasksInput, _now: Date): Promise<TasksBody> {
  const after = query.cursor === undefined ? null : parseTaskCursor(query.cursor);
  const clusters = await clustersInScope(db, query.cluster);
  const pages: ClusterPage[] = [];
  // One by one: `db` may be a single session.
  for (const cluster of clusters) pages.push(await readClusterPage(db, cluster.id, query, after));

  const horizon = newestOf(pages.map((page) => page.horizon));
  const rows = pages
    .flatMap((page) => page.rows)
    .sort(newestFirst)
    .filter((row) => horizon === null || newestFirst(row, horizon) <= 0);
  const shown = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? shown.at(-1) : horizon;
  const names = namesById(clusters);
  return {
    items: shown.map((row): TaskItem => toTaskItem(row, names)),
    nextCursor: last ? encodeTaskCursor({ finishedAt: last.finished_at, id: last.id }) : null,
  };
}

type Position = { finished_at: Date; id: string };
/** `horizon`: the oldest row looked at, where the budget ended the search; null: it reached the end. */
type ClusterPage = { rows: TaskItemRow[]; horizon: Position | null };

async function readClusterPage(
  db: Db,
  clusterId: number,
  query: TasksInput,
  after: TaskCursor | null,
): Promise<ClusterPage> {
  const indexed = new Conditions();
  indexed.add('cluster_id = ?', clusterId);
  if (query.from) indexed.add('finished_at >= ?', query.from);
  if (query.to) indexed.add('finished_at < ?', query.to);
  if (after) {
    // The first bound prunes partitions, which a row comparison does not.
    indexed.add('finished_at <= ?', after.finishedAt);
    indexed.add('(finished_at, id) < (?, ?::uuid)', after.finishedAt, after.id);
  }
  if (query.app !== undefined) indexed.add('app_id = ?', toAppId(query.app));
  if (query.fingerprint !== undefined) indexed.add('fingerprint = ?', query.fingerprint);
  if (query.host !== undefined) await addHost(db, indexed, clusterId, query.host);
  if (isCountedFailures(query)) indexed.add(`disposition = 'failure' AND reopened_at IS NULL`);

  const all = indexed.copy();
  addUnindexed(all, query);
  const horizon =
    all.size > indexed.size ? await findHorizon(db, indexed, query.scanBudget ?? SCAN_BUDGET) : null;
  if (horizon) {
    all.add('finished_at >= ?', horizon.finished_at);
    all.add('(finished_at, id) >= (?, ?::uuid)', horizon.finished_at, horizon.id);
  }
  const { rows } = await db.query<TaskItemRow>(
    `SELECT ${TASK_ITEM_COLUMNS} FROM task_end WHERE ${all.sql}
     ORDER BY finished_at DESC, id DESC LIMIT ${all.param(query.limit + 1)}`,
    all.values,
  );
  return { rows, horizon };
}

async function findHorizon(db: Db, indexed: Conditions, budget: number): Promise<Position | null> {
  const scan = indexed.copy();
  const { rows } = await db.query<Position>(
    `SELECT finished_at, id FROM task_end WHERE ${scan.sql}
     ORDER BY finished_at DESC, id DESC OFFSET ${scan.param(budget - 1)} LIMIT 1`,
    scan.values,
  );
  return rows[0] ?? null;
}

/** `host` is indexed and `agent_id` is not: the hosts an agent id stands for narrow the search first. */
async function addHost(db: Db, conditions: Conditions, clusterId: number, host: string): Promise<void> {
  const { rows } = await db.query<{ hostname: string }>(
    'SELECT DISTINCT hostname FROM agent WHERE cluster_id = $1 AND agent_id = $2',
    [clusterId, host],
  );
  conditions.add('host = ANY (?::text[])', [host, ...rows.map((row) => row.hostname)]);
  conditions.add('(host = ? OR agent_id = ?)', host, host);
}

/** The very rows of the partial index of failures: found however rare they are, without a budget. */
function isCountedFailures({ disposition, countedOnly }: TaskFilter): boolean {
  return countedOnly === true && disposition?.length === 1 && disposition[0] === 'failure';
}

function addUnindexed(conditions: Conditions, query: TasksInput): void {
  if (query.state) conditions.add('state = ANY (?::text[])', query.state);
  if (query.cause) conditions.add('cause = ANY (?::text[])', query.cause);
  if (query.disposition && !isCountedFailures(query)) {
    conditions.add('disposition = ANY (?::text[])', query.disposition);
  }
  if (query.exitCode !== undefined) conditions.add('exit_code = ?', query.exitCode);
  if (query.countedOnly && !isCountedFailures(query)) conditions.add('reopened_at IS NULL');
  if (query.framework !== undefined) {
    conditions.add('(framework_id = ? OR framework_name = ?)', query.framework, query.framework);
  }
  if (query.q !== undefined) {
    const pattern = `%${query.q.replace(/[\\%_]/g, '\\$&')}%`;
    const columns = ['task_id', 'app_id', 'host', 'container_id', 'message'];
    conditions.add(
      `(${columns.map((column) => `${column} ILIKE ?`).join(' OR ')})`,
      ...columns.map(() => pattern),
    );
  }
}

/** A WHERE clause under construction: the text is written in this file, values only ever become parameters. */
class Conditions {
  private readonly parts: string[] = [];
  readonly values: unknown[] = [];

  /** Each `?` of `template` becomes the parameter of the next value. */
  add(template: string, ...values: unknown[]): void {
    const rest = [...values];
    this.parts.push(template.replace(/\?/g, () => this.param(rest.shift())));
  }

  param(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  copy(): Conditions {
    const copy = new Conditions();
    copy.parts.push(...this.parts);
    copy.values.push(...this.values);
    return copy;
  }

  get size(): number {
    return this.parts.length;
  }

  get sql(): string {
    return this.parts.join(' AND ');
  }
}

function newestFirst(a: Position, b: Position): number {
  // Ids compare as Postgres compares uuids: by bytes, which is the order of their lower-case text.
  return b.finished_at.getTime() - a.finished_at.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

function newestOf(positions: readonly (Position | null)[]): Position | null {
  return positions.filter((position) => position !== null).sort(newestFirst)[0] ?? null;
}
