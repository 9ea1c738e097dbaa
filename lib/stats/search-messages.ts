import type { Db } from '@/lib/db/pool';

import { Conditions } from './conditions';
import { anywhere, forIndex, type SearchText, toTsquery } from './search-words';
import type { TaskCursor } from './task-cursor';
import type { TaskFilterPlan } from './task-filters';
import { findByHours } from './task-hours';
import {
  beyond,
  COUNTED_FAILURES,
  type Found,
  filterSql,
  NEWEST_FIRST,
  type Position,
  scopeSql,
  type TaskFilter,
  type TaskScope,
  walkTasks,
} from './task-walk';
import { earliest, latest, monthStart } from './time-bounds';

/** Newest failures that are looked through for words before the index is asked: what is common is among them. */
const NEWEST = 3_000;
/** The same where there are no words to ask an index for. */
const NEWEST_WITHOUT_INDEX = 10_000;
/** Of the newest failures: what tells how common each word is. */
const SAMPLE = 1_000;
/** A word in more of the sample is common: the index would give a large part of all failures. */
const COMMON = 20;

/**
 * Counted failures in whose message every word of the search begins a word, newest first.
 *
 * Common words are found among the newest failures, rare ones by index, the month of the newest first; with
 * common words alone and a verdict, the hours that hold the verdict are looked through.
 * Cost: some ms; words in hundreds of thousands of older failures and in few of the newest: as many rows are read.
 */
export async function findByWords(
  db: Db,
  scope: TaskScope,
  search: SearchText,
  { filters, verdict, allFailures }: Pick<TaskFilterPlan, 'filters' | 'verdict' | 'allFailures'>,
): Promise<Found> {
  const all = [...filters, hasWords(search)];
  const budget = search.words.length === 0 ? NEWEST_WITHOUT_INDEX : NEWEST;
  const newest = await walkTasks(db, scope, { partial: COUNTED_FAILURES, filters: all, budget });
  const { keys, horizon } = newest;
  if (horizon === null || keys.length >= scope.wanted || search.words.length === 0) return newest;
  const rest = beyond(scope, { keys, horizon });
  const rare = await listRare(db, scope, search.words);
  const older =
    rare.length === 0 && verdict && !allFailures
      ? await findByHours(db, rest, verdict, all)
      : await findByIndex(db, rest, rare.length > 0 ? rare : search.words, all);
  return { keys: [...keys, ...older.keys], horizon: older.horizon };
}

/** Those of the words that few of the newest failures have. */
async function listRare(db: Db, scope: TaskScope, words: readonly string[]): Promise<string[]> {
  const c = new Conditions();
  const { rows } = await db.query<{ counts: number[] }>(
    `WITH sample AS (
       SELECT message FROM task_end WHERE ${scopeSql(c, scope)} AND ${COUNTED_FAILURES}
       ${NEWEST_FIRST} LIMIT ${c.param(SAMPLE)}
     )
     SELECT ARRAY[${words.map((word) => `(SELECT count(*)::int FROM sample WHERE message ILIKE ${c.param(anywhere(word))})`).join(', ')}] AS counts`,
    c.values,
  );
  const counts = rows[0]?.counts ?? [];
  return words.filter((_, index) => (counts[index] ?? 0) <= COMMON);
}

/** First in the month where the walk of the newest ended; what is in few of its messages is in few of all. */
async function findByIndex(
  db: Db,
  scope: TaskScope & { after: TaskCursor },
  words: readonly string[],
  filters: readonly TaskFilter[],
): Promise<Found> {
  const month = monthStart(scope.after.finishedAt);
  const from = latest(scope.from, month);
  const keys = await askIndex(db, { ...scope, from }, forIndex(words), filters);
  if (keys.length < scope.wanted && (scope.from === null || scope.from < month)) {
    const before = { ...scope, to: earliest(scope.to, month), wanted: scope.wanted - keys.length };
    keys.push(...(await askIndex(db, before, forIndex(words), filters)));
  }
  return { keys, horizon: null };
}

/** Whether a row is a failure with these words, as one condition. */
export function hasWords({ text, words }: SearchText): TaskFilter {
  const columns = ['message', 'disposition', 'reopened_at'];
  const template = `(${COUNTED_FAILURES} AND message ILIKE ALL (?::text[])`;
  if (words.length === 0) return { columns, template: `${template})`, values: [[anywhere(text)]] };
  // ILIKE costs a hundredth of taking a message apart, and nothing that lacks a word passes it.
  return {
    columns,
    template: `${template} AND exit137_words(message) @@ to_tsquery('simple', ?))`,
    values: [words.map(anywhere), toTsquery(words)],
  };
}

async function askIndex(
  db: Db,
  scope: TaskScope,
  indexQuery: string,
  filters: readonly TaskFilter[],
): Promise<Position[]> {
  const c = new Conditions();
  const columns = new Set(['finished_at', 'id', ...filters.flatMap((filter) => filter.columns)]);
  // Apart from order and limit: they would tempt the planner to take message after message apart, newest first.
  const { rows } = await db.query<Position>(
    `WITH matching AS MATERIALIZED (
       SELECT ${[...columns].join(', ')} FROM task_end
       WHERE ${scopeSql(c, scope)} AND ${COUNTED_FAILURES}
         AND exit137_words(message) @@ to_tsquery('simple', ${c.param(indexQuery)})
     )
     SELECT finished_at, id FROM matching WHERE ${filterSql(c, filters)}
     ${NEWEST_FIRST} LIMIT ${c.param(scope.wanted)}`,
    c.values,
  );
  return rows;
}
