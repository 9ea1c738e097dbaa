import { toAppError } from '@/lib/errors';
import { log } from '@/lib/log';
import type { MarathonHandlers } from '@/lib/marathon/follow-events';

import { pause } from './pause';

/** A Marathon whose events can be followed. */
export type MarathonStream = {
  /** `marathon:<url without credentials>`. */
  name: string;
  follow(handlers: MarathonHandlers, signal: AbortSignal): Promise<{ refused: number | null }>;
};

export type MarathonWatch = MarathonHandlers & {
  /** It ended, or could not be opened, and will be tried again; null: nothing went wrong. */
  onClosed(thrown: unknown): void;
  /** It has none, or none for us: looked at again much later. */
  onRefused(status: number): void;
};

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const STEADY_MS = 60_000;
const REFUSED_PAUSE_MS = 30 * 60_000;

/**
 * Keeps following one Marathon's events until `signal` aborts. It only adds to the polls: where there is no stream it
 * says so once and looks again half an hour later; where it breaks it begins anew after a pause that grows to a minute.
 */
export async function followMarathon(
  source: MarathonStream,
  watch: MarathonWatch,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  let isRefused = false;
  const handlers: MarathonHandlers = {
    ...watch,
    onOpen(url) {
      log.info({ source: source.name }, 'following the events of Marathon');
      watch.onOpen(url);
    },
  };
  while (!signal.aborted) {
    const startedAt = Date.now();
    try {
      const { refused } = await source.follow(handlers, signal);
      if (refused !== null) {
        if (!isRefused)
          log.info({ source: source.name, status: refused }, 'this Marathon has no events for us');
        isRefused = true;
        watch.onRefused(refused);
        await pause(REFUSED_PAUSE_MS, signal);
        continue;
      }
      watch.onClosed(null);
    } catch (thrown) {
      if (signal.aborted) return;
      watch.onClosed(thrown);
      const error = toAppError(thrown);
      log.debug({ source: source.name, code: error.code }, error.message);
    }
    isRefused = false;
    if (Date.now() - startedAt > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    // Spread, so that collectors of many clusters do not come back to a proxy at the same moment.
    await pause(pauseMs * (0.5 + Math.random()), signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
