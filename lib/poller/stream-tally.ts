import { toAppError } from '@/lib/errors';
import type { StreamState } from '@/lib/ingest/apply-stream-state';

/** How one event stream does, as it goes. */
export type StreamTally = {
  opened(url: string | null): void;
  /** It ended, or could not be opened; null: nothing went wrong. */
  closed(thrown: unknown): void;
  refused(url: string | null, status: number): void;
  event(): void;
  count(what: 'ends' | 'dropped' | 'leftToPoll', by: number): void;
  /** What is to be written by now; null: nothing is. What it counted is taken out. */
  take(backlog: number): StreamState | null;
  /** What was taken could not be written. */
  giveBack(state: StreamState): void;
};

// Figures that only grow are written at this pace; a change of state at once.
const WRITE_EVERY_MS = 5_000;
const COUNTS = ['events', 'ends', 'reconnects', 'dropped', 'leftToPoll'] as const;

export function createStreamTally(source: string): StreamTally {
  const now: StreamState = {
    source,
    state: 'closed',
    url: null,
    since: new Date(),
    lastEventAt: null,
    events: 0,
    ends: 0,
    reconnects: 0,
    dropped: 0,
    lastDroppedAt: null,
    leftToPoll: 0,
    backlog: 0,
    lastError: null,
    lastErrorAt: null,
  };
  let wasOpen = false;
  let isUrgent = true;
  let writtenAt = 0;
  let writtenBacklog = 0;

  function become(state: StreamState['state'], url: string | null): void {
    if (now.state === state && now.url === url) return;
    Object.assign(now, { state, url, since: new Date() });
    isUrgent = true;
  }

  function fail(text: string): void {
    now.lastError = text;
    now.lastErrorAt = new Date();
    isUrgent = true;
  }

  return {
    opened(url) {
      if (wasOpen) now.reconnects += 1;
      wasOpen = true;
      now.since = new Date();
      become('open', url);
      isUrgent = true;
    },
    closed(thrown) {
      become('closed', now.url);
      if (thrown === null) return;
      const { code, message } = toAppError(thrown);
      fail(`${code}: ${message}`);
    },
    refused(url, status) {
      become('refused', url);
      fail(`answered ${status}`);
    },
    event() {
      now.events += 1;
      now.lastEventAt = new Date();
    },
    count(what, by) {
      now[what] += by;
      if (what !== 'dropped') return;
      now.lastDroppedAt = new Date();
      isUrgent = true;
    },
    take(backlog) {
      const isNews = backlog !== writtenBacklog || COUNTS.some((name) => now[name] > 0);
      if (!isUrgent && (!isNews || Date.now() - writtenAt < WRITE_EVERY_MS)) return null;
      const taken = { ...now, backlog };
      for (const name of COUNTS) now[name] = 0;
      isUrgent = false;
      writtenAt = Date.now();
      writtenBacklog = backlog;
      return taken;
    },
    giveBack(state) {
      for (const name of COUNTS) now[name] += state[name];
      isUrgent = true;
    },
  };
}
