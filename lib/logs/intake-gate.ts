import pLimit from 'p-limit';

import { AppError } from '@/lib/errors';

/** Runs one step (storing a batch) when its turn comes. */
export type Step = <T>(one: () => Promise<T>) => Promise<T>;

export type IntakeGate = {
  /** Runs `work` in a place of its own. Throws LOGS_BUSY at once where every place is taken. */
  enter<T>(work: (step: Step) => Promise<T>): Promise<T>;
};

/**
 * Bounds what is taken in at a time: `places` callers, of which at most `steps` are in a step while the others read
 * or wait for theirs. As a caller holds one batch at most, memory is bounded with them.
 */
export function createIntakeGate({
  places,
  steps,
  retryAfterSeconds,
}: {
  places: number;
  steps: number;
  retryAfterSeconds: number;
}): IntakeGate {
  let entered = 0;
  const step = pLimit(steps);
  return {
    async enter(work) {
      if (entered >= places) {
        throw new AppError('LOGS_BUSY', `${places} requests are being read already.`, {
          details: { retryAfterSeconds },
        });
      }
      entered += 1;
      try {
        return await work(step);
      } finally {
        entered -= 1;
      }
    },
  };
}
