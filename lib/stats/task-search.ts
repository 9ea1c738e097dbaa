import type { Db } from '@/lib/db/pool';

import { Conditions } from './conditions';
import { findByWords, hasWords } from './search-messages';
import { endsNamed, type FoundNames, findNames, namedFilters } from './search-names';
import { endOfPrefix, type SearchText, searchText } from './search-words';
import type { TaskFilterPlan } from './task-filters';
import {
  type Found,
  filterSql,
  mergeFound,
  NEWEST_FIRST,
  scopeSql,
  type TaskFilter,
  type TaskScope,
  walkTasks,
} from './task-walk';
import { earliest, monthStart } from './time-bounds';

/** Rows of a beginning of an id that are read and sorted; more of them are found by walking the newest ends. */
const MANY_IDS = 5_000;
const WALK_BUDGET = 20_000;
/** Shorter beginnings of container ids say nothing: every sixteenth id has the first character. */
const LEAST_OF_CONTAINER_ID = 4;
const NOT_IN_CONTAINER_ID = /[\s/]/;
const HEXADECIMAL = /^[0-9a-f.-]+$/i;

/**
 * Ends that a search text finds: those whose task id begins with it; whose container id does (Mesos's or Docker's, 4
 * characters at least); whose host or app has it in its name; and failures in whose message every one of its words
 * begins a word (a message's first 4,000 characters; reopened ends are not searched). Case does not matter, but in
 * task ids. A text without letters and digits is looked for as it stands, in the messages of the newest failures.
 *
 * Cost: a few index lookups each. What no index leads to (a beginning that thousands of ids share) is looked for among the
 * newest 20,000, and the horizon says so; so is everything where a filter of `plan` has an index.
 */
export async function searchTasks(
  db: Db,
  scope: TaskScope,
  typed: string,
  plan: TaskFilterPlan,
): Promise<Found> {
  const { streams, filters } = plan;
  const search = searchText(typed);
  if (search.text === '') return { keys: [], horizon: null };
  const names = await findNames(db, scope, search.text);
  if (streams) {
    const all = [...filters, anyOf(search, names)];
    return await walkTasks(db, scope, { streams, filters: all, budget: WALK_BUDGET });
  }
  const found: Found[] = [];
  for (const range of idRanges(search.text)) {
    const few = await findFewIds(db, scope, range, filters);
    found.push(
      few ?? (await walkTasks(db, scope, { filters: [...filters, inRange(range)], budget: WALK_BUDGET })),
    );
  }
  found.push(await endsNamed(db, scope, search.text, names, filters));
  found.push(await findByWords(db, scope, search, plan));
  return mergeFound(found, scope.wanted);
}

type IdRange = { column: 'task_id' | 'container_id'; from: string };

function idRanges(text: string): IdRange[] {
  const ranges: IdRange[] = [{ column: 'task_id', from: text }];
  if (text.length < LEAST_OF_CONTAINER_ID || NOT_IN_CONTAINER_ID.test(text)) return ranges;
  const cases = HEXADECIMAL.test(text) ? [text, text.toLowerCase(), text.toUpperCase()] : [text];
  for (const from of new Set(cases)) ranges.push({ column: 'container_id', from });
  return ranges;
}

/** All ends whose id begins so; null: there are too many to sort. */
async function findFewIds(
  db: Db,
  scope: TaskScope,
  ids: IdRange,
  filters: readonly TaskFilter[],
): Promise<Found | null> {
  const c = new Conditions();
  const columns = new Set([
    'cluster_id',
    'finished_at',
    'id',
    ...filters.flatMap((filter) => filter.columns),
  ]);
  const range = inRange(ids);
  const { rows } = await db.query<{ total: number; finished_at: Date | null; id: string | null }>(
    `WITH few AS MATERIALIZED (
       SELECT ${[...columns].join(', ')} FROM task_end
       WHERE ${scopeSql(c, wholeMonths(scope))} AND ${c.text(range.template, ...range.values)} LIMIT ${c.param(MANY_IDS + 1)}
     )
     SELECT counted.total, found.finished_at, found.id
     FROM (SELECT count(*)::int AS total FROM few) AS counted LEFT JOIN (
       SELECT finished_at, id FROM few WHERE ${scopeSql(c, scope)} AND ${filterSql(c, filters)}
       ${NEWEST_FIRST} LIMIT ${c.param(scope.wanted)}
     ) AS found ON true`,
    c.values,
  );
  if ((rows[0]?.total ?? 0) > MANY_IDS) return null;
  const keys = rows.flatMap(({ finished_at, id }) => (finished_at && id ? [{ finished_at, id }] : []));
  return { keys, horizon: null };
}

function inRange({ column, from }: IdRange): TaskFilter {
  const template = `(${column} >= ? AND ${column} < ?)`;
  return { columns: [column], template, values: [from, endOfPrefix(from)] };
}

/** The months that a scope touches: partitions are left out by it, and no row of the others is read to be refused. */
function wholeMonths({ clusterId, from, to, after }: TaskScope): TaskScope {
  const end = earliest(to, after?.finishedAt);
  return {
    clusterId,
    from: from && monthStart(from),
    to: end && monthStart(end, 1),
    after: null,
    wanted: 0,
    budget: undefined,
  };
}

/** Everything that a search finds, as one condition on a row. */
function anyOf(search: SearchText, names: FoundNames): TaskFilter {
  const own = [...idRanges(search.text).map(inRange), ...namedFilters(search.text, names), hasWords(search)];
  return {
    columns: own.flatMap((filter) => filter.columns),
    template: `(${own.map(({ template }) => template).join(' OR ')})`,
    values: own.flatMap(({ values }) => values),
  };
}
