import type { Db } from '@/lib/db/pool';

import { Conditions } from './conditions';
import { anywhere, forIndex, type SearchText, toTsquery } from './search-words';
import type { TaskCursor } from './task-cursor';
import type { TaskFilterPlan } from './task-filters';
import { findByHours } from './task-hours';
import {
  COUNTED_FAILURES,
  type Found,
  filterSql,
  goOn,
  NEWEST_FIRST,
  type Position,
  scopeSql,
  type TaskFilter,
  type TaskScope,
  walkTasks,
} from './task-walk';
import { earliest, latest, monthStart } from './time-bounds';

/** Newest failures that are looked through for words first: they tell how common the words are. */
const SAMPLE = 1_000;
/** As many of them with all the words fill a page from the next few thousand; with fewer, the index is asked. */
const COMMON_TOGETHER = 10;
const NEWEST = 5_000;
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
  const walk = { partial: COUNTED_FAILURES, filters: all };
  // Without words there is no index to ask.
  if (search.words.length === 0) return await walkTasks(db, scope, { ...walk, budget: NEWEST });
  const sample = await walkTasks(db, scope, { ...walk, budget: SAMPLE });
  const newest =
    sample.keys.length < COMMON_TOGETHER
      ? sample
      : await goOn(scope, sample, (rest) => walkTasks(db, rest, { ...walk, budget: NEWEST }));
  return await goOn(scope, newest, async (rest) => {
    const rare = await listRare(db, scope, search.words);
    if (rare.length === 0 && verdict && !allFailures) return await findByHours(db, rest, verdict, all);
    return await findByIndex(db, rest, rare.length > 0 ? rare : search.words, all);
  });
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
