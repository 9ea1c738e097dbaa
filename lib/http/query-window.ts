import { type Range, resolveWindow, type Window } from '@/lib/contracts/window';
import { AppError } from '@/lib/errors';

/** `query` with its window resolved at `now`. Throws BAD_REQUEST where `from` is not before `to`. */
export function withWindow<
  Query extends { from?: Date | undefined; to?: Date | undefined; range?: Range | undefined },
>(query: Query, now: Date): Query & Window {
  const window = resolveWindow(query, now);
  if (window === null) throw new AppError('BAD_REQUEST', '`from` must be before `to`.');
  return { ...query, ...window };
}
