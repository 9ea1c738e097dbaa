import { toAppError } from '@/lib/errors';
import { log } from '@/lib/log';
import type { MasterReader } from '@/lib/mesos/read-master';
import type { EventHandlers } from '@/lib/mesos/subscribe';

import { pause } from './pause';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const STEADY_MS = 60_000;
const REFUSED_PAUSE_MS = 30 * 60_000;
const NO_LEADER_MS = 1_000;

/** What is told of the events, and of the stream itself. `url`: of the master that is followed; null: none leads. */
export type MasterWatch = Omit<EventHandlers, 'onOpen'> & {
  onOpen?(url: string | null): void;
  /** It ended, or could not be opened, and will be tried again; null: nothing went wrong. */
  onClosed?(thrown: unknown): void;
  /** The master has none, or none for us: looked at again much later. */
  onRefused?(url: string | null, status: number): void;
};

/**
 * Keeps following the leading master's events until `signal` aborts. It only adds to the polls: where a master
 * has no such stream it says so once and looks again half an hour later, or once another one leads; where the
 * stream breaks it begins anew after a pause that grows to a minute.
 */
export async function followMaster(
  master: Pick<MasterReader, 'follow' | 'leaderUrl'>,
  watch: MasterWatch,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  let refusedBy: string | null = null;
  while (!signal.aborted) {
    const url = master.leaderUrl();
    const startedAt = Date.now();
    const attempt = new AbortController();
    // A master that no longer leads may leave its stream open and silent.
    const leaderWatch = setInterval(() => {
      if (master.leaderUrl() !== url) attempt.abort(new Error('another master leads'));
    }, NO_LEADER_MS);
    try {
      const following = master.follow(
        {
          ...watch,
          onOpen() {
            log.info({ url }, 'following the events of the master');
            watch.onOpen?.(url);
          },
        },
        AbortSignal.any([signal, attempt.signal]),
      );
      if (following === null) {
        await pause(NO_LEADER_MS, signal);
        continue;
      }
      const { refused } = await following;
      if (refused !== null) {
        if (refusedBy !== url)
          log.info({ url, status: refused }, 'the master has no event stream for us; polls go on alone');
        refusedBy = url;
        watch.onRefused?.(url, refused);
        await untilLeaderChanges(master, url, REFUSED_PAUSE_MS, signal);
        continue;
      }
      watch.onClosed?.(null);
    } catch (thrown) {
      if (signal.aborted) return;
      watch.onClosed?.(attempt.signal.aborted ? null : thrown);
      if (!attempt.signal.aborted) {
        const error = toAppError(thrown);
        log.debug({ url, code: error.code }, error.message);
      }
    } finally {
      clearInterval(leaderWatch);
    }
    if (Date.now() - startedAt > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    // Spread, so that collectors of many clusters do not come back to a proxy at the same moment.
    await pause(pauseMs * (0.5 + Math.random()), signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

async function untilLeaderChanges(
  master: Pick<MasterReader, 'leaderUrl'>,
  url: string | null,
  atMostMs: number,
  signal: AbortSignal,
): Promise<void> {
  const until = Date.now() + atMostMs;
  while (!signal.aborted && Date.now() < until && master.leaderUrl() === url) {
    await pause(NO_LEADER_MS, signal);
  }
}
