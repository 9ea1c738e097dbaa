import pg from 'pg';

import type { Db } from '@/lib/db/pool';

type Answers<Asks extends readonly (() => Promise<unknown>)[]> = {
  -readonly [Index in keyof Asks]: Awaited<ReturnType<Asks[Index]>>;
};

/**
 * The answers of questions that do not wait for one another, in order. On a pool they are asked at once; a session
 * answers one at a time. Errors: the first that fails; the rest are asked to their end all the same.
 */
export async function together<const Asks extends readonly (() => Promise<unknown>)[]>(
  db: Db,
  asks: Asks,
): Promise<Answers<Asks>> {
  if (db instanceof pg.Pool) return (await Promise.all(asks.map((ask) => ask()))) as Answers<Asks>;
  const answers: unknown[] = [];
  for (const ask of asks) answers.push(await ask());
  // The type names what each of them answers.
  return answers as Answers<Asks>;
}
