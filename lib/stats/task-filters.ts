import type { Db } from '@/lib/db/pool';
import type { Cause, Disposition } from '@/lib/domain/cause';
import type { EndState } from '@/lib/domain/task';

import { toAppId } from './app-id';
import { storable } from './search-words';
import type { Verdict } from './task-hours';
import type { Streams, TaskFilter } from './task-walk';

/** Of one name, as a driver has that registers anew for each job: more are not walked one by one. */
const MANY_FRAMEWORKS = 100;

/** What narrows the list; everything that is set must hold. */
export type TasksFilter = {
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

export type TaskFilterPlan = {
  /** The ends of one value, by an index in order of time; the most telling of those asked for. */
  streams: Streams | null;
  /** All that must hold beside `streams`. */
  filters: TaskFilter[];
  /** All that must hold, what `streams` is about included. */
  whole: TaskFilter[];
  /** `filters` without those on state, cause, disposition and being reopened. */
  beyondVerdict: TaskFilter[];
  /** Null: none of state, cause and disposition is asked for. */
  verdict: Verdict | null;
  /** The verdict asks for failures, whatever their cause and state. */
  allFailures: boolean;
};

/** How the ends of a filter are found. Cost: agents and frameworks are looked up by key where asked for by name. */
export async function planTaskFilters(
  db: Db,
  clusterId: number,
  query: TasksFilter,
): Promise<TaskFilterPlan> {
  const { state, cause, disposition } = query;
  const ways = await indexedWays(db, clusterId, query);
  const first = ways.find(({ streams }) => streams !== null);
  const others = ways.filter((way) => way !== first);
  const beyondVerdict = [
    ...(first?.check ? [first.check] : []),
    ...others.map(({ filter, check }) => check ?? filter),
    ...(query.exitCode === 0 ? [equals('exit_code', 0)] : []),
  ];
  const filters = [
    ...beyondVerdict,
    ...(state ? [oneOf('state', state)] : []),
    ...(cause ? [oneOf('cause', cause)] : []),
    ...(disposition ? [oneOf('disposition', disposition)] : []),
    ...(query.countedOnly ? [{ columns: ['reopened_at'], template: 'reopened_at IS NULL', values: [] }] : []),
  ];
  return {
    streams: first?.streams ?? null,
    filters,
    whole: first ? [...filters, first.filter] : filters,
    beyondVerdict,
    verdict: state || cause || disposition ? { state, cause, disposition } : null,
    allFailures: !state && !cause && disposition?.length === 1 && disposition[0] === 'failure',
  };
}

/** `check`: what must hold beside the index, where the index alone finds more. */
type Way = { streams: Streams | null; filter: TaskFilter; check?: TaskFilter };

/** Ways by index, the one that finds least first, as far as one can say. */
async function indexedWays(db: Db, clusterId: number, query: TasksFilter): Promise<Way[]> {
  const ways: Way[] = [];
  if (query.fingerprint !== undefined) ways.push(byColumn('fingerprint', [storable(query.fingerprint)]));
  if (query.host !== undefined) ways.push(await byHost(db, clusterId, storable(query.host)));
  if (query.app !== undefined) ways.push(byColumn('app_id', [toAppId(storable(query.app))]));
  if (query.exitCode !== undefined && query.exitCode !== 0) {
    const template = 'exit_code = $value AND exit_code <> 0';
    const streams = { template, type: 'smallint' as const, values: [query.exitCode] };
    ways.push({ streams, filter: equals('exit_code', query.exitCode) });
  }
  if (query.framework !== undefined) ways.push(await byFramework(db, clusterId, storable(query.framework)));
  return ways;
}

/** `host` is indexed and `agent_id` is not: the hosts an agent id stands for are walked, and checked. */
async function byHost(db: Db, clusterId: number, host: string): Promise<Way> {
  const { rows } = await db.query<{ hostname: string }>(
    'SELECT DISTINCT hostname FROM agent WHERE cluster_id = $1 AND agent_id = $2 AND hostname <> agent_id',
    [clusterId, host],
  );
  const way = byColumn('host', [host, ...rows.map((row) => row.hostname)]);
  if (rows.length === 0) return way;
  const check = {
    columns: ['host', 'agent_id'],
    template: '(host = ? OR agent_id = ?)',
    values: [host, host],
  };
  return { ...way, check };
}

/** By the ids that have the name; an end keeps the name its framework had, so that is held against it, too. */
async function byFramework(db: Db, clusterId: number, framework: string): Promise<Way> {
  const { rows } = await db.query<{ framework_id: string }>(
    'SELECT framework_id FROM framework WHERE cluster_id = $1 AND name = $2 LIMIT $3',
    [clusterId, framework, MANY_FRAMEWORKS + 1],
  );
  const values = rows.length === 0 ? [framework] : rows.map((row) => row.framework_id);
  const check = {
    columns: ['framework_id', 'framework_name'],
    template: '(framework_id = ? OR framework_name = ?)',
    values: [framework, framework],
  };
  if (values.length > MANY_FRAMEWORKS) return { streams: null, filter: check };
  const streams: Streams = { template: 'hashtext(framework_id) = hashtext($value)', type: 'text', values };
  return { streams, filter: check, check };
}

function byColumn(column: 'host' | 'app_id' | 'fingerprint', values: readonly string[]): Way {
  const streams = { template: `${column} = $value`, type: 'text' as const, values };
  return { streams, filter: oneOf(column, values) };
}

function oneOf(column: string, values: readonly string[]): TaskFilter {
  return { columns: [column], template: `${column} = ANY (?::text[])`, values: [values] };
}

function equals(column: string, value: number): TaskFilter {
  return { columns: [column], template: `${column} = ?`, values: [value] };
}
