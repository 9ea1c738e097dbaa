import type { Db } from '@/lib/db/pool';

import { Conditions } from './conditions';
import { anywhere, endOfPrefix } from './search-words';
import {
  FEW_STREAMS,
  type Found,
  filterSql,
  goOn,
  mergeFound,
  NEWEST_FIRST,
  type Position,
  scopeSql,
  type TaskFilter,
  type TaskScope,
  walkTasks,
} from './task-walk';

/** Hosts, or apps, whose ends are walked one by one; where more have the text in their names, their ends are many. */
const MANY_NAMES = 40;
const STREAM_BUDGET = 20_000;
const WALK_BUDGET = 20_000;
const LEAST_OF_DOCKER_ID = 4;
const MAX_CONTAINERS = 200;

/** What the small tables know of a search text. */
export type FoundNames = {
  /** With the text in their names; one more than MANY_NAMES where there are more. */
  apps: string[];
  hosts: string[];
  /** Of containers whose Docker id begins with the text: Mesos container ids, and the tasks that ran in them. */
  containerIds: string[];
  taskIds: string[];
  /** Ends that a log line with such a Docker id was tied to. */
  endIds: string[];
};

/**
 * Looks a search text up in the small tables. An app is found that Marathon told of, or that had an end on one of the
 * newest three days; a host that is an agent's.
 */
export async function findNames(db: Db, { clusterId }: TaskScope, text: string): Promise<FoundNames> {
  const own = [clusterId, anywhere(text), MANY_NAMES + 1];
  const apps = await db.query<{ name: string }>(
    `SELECT app_id AS name FROM app WHERE cluster_id = $1 AND app_id ILIKE $2
     UNION
     (WITH RECURSIVE days AS (
        (SELECT day, 1 AS place FROM rollup_day WHERE cluster_id = $1 AND kind = 'app' ORDER BY day DESC LIMIT 1)
        UNION ALL
        SELECT (SELECT day FROM rollup_day WHERE cluster_id = $1 AND kind = 'app' AND day < days.day
                ORDER BY day DESC LIMIT 1), place + 1
        FROM days WHERE place < 3 AND day IS NOT NULL
      )
      SELECT subject FROM days, LATERAL (
        SELECT subject FROM rollup_day WHERE cluster_id = $1 AND kind = 'app' AND day = days.day AND subject ILIKE $2
      ) AS listed)
     LIMIT $3`,
    own,
  );
  const hosts = await db.query<{ name: string }>(
    `SELECT DISTINCT hostname AS name FROM agent WHERE cluster_id = $1 AND hostname ILIKE $2 LIMIT $3`,
    own,
  );
  // An agent that no list ever named stands as the host of its ends.
  const hostNames = new Set([text, ...hosts.rows.map(({ name }) => name)]);
  return {
    apps: apps.rows.map(({ name }) => name),
    hosts: [...hostNames],
    ...(await findDockerId(db, clusterId, text.toLowerCase())),
  };
}

async function findDockerId(
  db: Db,
  clusterId: number,
  text: string,
): Promise<Pick<FoundNames, 'containerIds' | 'taskIds' | 'endIds'>> {
  if (text.length < LEAST_OF_DOCKER_ID || !/^[0-9a-f]{1,64}$/.test(text)) {
    return { containerIds: [], taskIds: [], endIds: [] };
  }
  const range = [clusterId, text, endOfPrefix(text), MAX_CONTAINERS];
  const { rows } = await db.query<{ container_id: string; task_id: string | null }>(
    `SELECT container_id, task_id FROM container
     WHERE cluster_id = $1 AND docker_id IS NOT NULL AND docker_id >= $2 AND docker_id < $3 LIMIT $4`,
    range,
  );
  const tied = await db.query<{ end_id: string }>(
    `SELECT DISTINCT evidence.end_id FROM (
       SELECT id FROM log_signal
       WHERE cluster_id = $1 AND container_id IS NOT NULL AND container_id >= $2 AND container_id < $3 LIMIT $4
     ) AS told JOIN evidence ON evidence.cluster_id = $1 AND evidence.signal_id = told.id
     LIMIT $4`,
    range,
  );
  return {
    containerIds: rows.map((row) => row.container_id),
    taskIds: rows.flatMap((row) => row.task_id ?? []),
    endIds: tied.rows.map((row) => row.end_id),
  };
}

/** Ends of what was found. */
export async function endsNamed(
  db: Db,
  scope: TaskScope,
  text: string,
  names: FoundNames,
  filters: readonly TaskFilter[],
): Promise<Found> {
  const found: Found[] = [];
  for (const [column, values] of [
    ['app_id', names.apps],
    ['host', names.hosts],
  ] as const) {
    found.push(await endsOf(db, scope, { column, values, text }, filters));
  }
  for (const filter of idFilters(names)) found.push(await readIds(db, scope, [filter, ...filters]));
  return mergeFound(found, scope.wanted);
}

/** A few names have streams of their own. Many are found among the newest ends, then by their streams, if not too many. */
async function endsOf(
  db: Db,
  scope: TaskScope,
  { column, values, text }: { column: 'app_id' | 'host'; values: readonly string[]; text: string },
  filters: readonly TaskFilter[],
): Promise<Found> {
  if (values.length === 0) return { keys: [], horizon: null };
  const template = `${column} = $value`;
  const streams = { streams: { template, type: 'text' as const, values }, filters, budget: STREAM_BUDGET };
  if (values.length <= FEW_STREAMS) return await walkTasks(db, scope, streams);
  const through = { filters: [...filters, inName(column, text)], budget: WALK_BUDGET };
  const newest = await walkTasks(db, scope, through);
  if (values.length > MANY_NAMES) return newest;
  return await goOn(scope, newest, (rest) => walkTasks(db, rest, streams));
}

/** The same as conditions on a row, of which one must hold. */
export function namedFilters(text: string, names: FoundNames): TaskFilter[] {
  return [inName('app_id', text), inName('host', text), ...idFilters(names)];
}

function inName(column: 'app_id' | 'host', text: string): TaskFilter {
  return { columns: [column], template: `${column} ILIKE ?`, values: [anywhere(text)] };
}

function idFilters({ containerIds, taskIds, endIds }: FoundNames): TaskFilter[] {
  return [
    { columns: ['container_id'], template: 'container_id = ANY (?::text[])', values: [containerIds] },
    { columns: ['task_id'], template: 'task_id = ANY (?::text[])', values: [taskIds] },
    { columns: ['id'], template: 'id = ANY (?::uuid[])', values: [endIds] },
  ].filter(({ values }) => (values[0]?.length ?? 0) > 0);
}

/** All ends of a few hundred ids. */
async function readIds(db: Db, scope: TaskScope, filters: readonly TaskFilter[]): Promise<Found> {
  const c = new Conditions();
  const { rows: keys } = await db.query<Position>(
    `SELECT finished_at, id FROM task_end WHERE ${scopeSql(c, scope)} AND ${filterSql(c, filters)}
     ${NEWEST_FIRST} LIMIT ${c.param(scope.wanted)}`,
    c.values,
  );
  return { keys, horizon: null };
}
