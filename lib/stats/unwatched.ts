import type { Window } from '@/lib/contracts/window';

import { unseenAfter, type WatchedSpan } from './coverage';

export type Unwatched = Window & { kind: 'before_first_poll' | 'after_last_poll'; detail: string };

/**
 * What of a window nobody watched though it has passed, oldest first: the time before the first whole poll of a
 * cluster and, where polls have ceased, the time after its last; all of it where no cluster is known. Clusters that
 * share a span share the entry.
 */
export function unwatchedSpans(
  window: Window,
  clusters: readonly (WatchedSpan & { name: string })[],
  now: Date,
): Unwatched[] {
  const passed = { from: window.from, to: window.to < now ? window.to : now };
  if (passed.from >= passed.to) return [];
  if (clusters.length === 0) {
    return [{ ...passed, kind: 'before_first_poll', detail: 'no Mesos master has been read yet.' }];
  }
  const bySpan = new Map<string, Unwatched & { names: string[] }>();
  for (const { name, firstPolledAt, lastPolledAt } of clusters) {
    const before = firstPolledAt === null ? passed : unseenBefore(passed, firstPolledAt);
    const after = lastPolledAt === null ? null : unseenAfter(window, lastPolledAt, now);
    for (const [kind, span] of [
      ['before_first_poll', before],
      ['after_last_poll', after],
    ] as const) {
      if (span === null) continue;
      const key = `${kind} ${span.from.getTime()} ${span.to.getTime()}`;
      const known = bySpan.get(key);
      if (known) known.names.push(name);
      else bySpan.set(key, { ...span, kind, detail: '', names: [name] });
    }
  }
  return [...bySpan.values()]
    .map(({ names, ...span }) => ({ ...span, detail: detailOf(span.kind, names) }))
    .sort((a, b) => a.from.getTime() - b.from.getTime() || a.to.getTime() - b.to.getTime());
}

/** False: the window lies before the first poll of every cluster, after the last, or ahead: zero means nothing then. */
export function isWatchedAtAll(window: Window, clusters: readonly WatchedSpan[], now: Date): boolean {
  return clusters.some(({ firstPolledAt, lastPolledAt }) => {
    if (firstPolledAt === null || lastPolledAt === null) return false;
    return firstPolledAt < window.to && lastPolledAt > window.from && window.from < now;
  });
}

function unseenBefore({ from, to }: Window, firstPolledAt: Date): Window | null {
  if (firstPolledAt <= from) return null;
  return { from, to: firstPolledAt < to ? firstPolledAt : to };
}

function detailOf(kind: Unwatched['kind'], names: readonly string[]): string {
  const who = `the Mesos master of ${names.join(', ')}`;
  return kind === 'before_first_poll'
    ? `nobody read ${who} yet; only what it still remembered at the first poll is known.`
    : `no poll has read ${who}.`;
}
