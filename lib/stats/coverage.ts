import type { Coverage } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';

export type WatchedSpan = { id: number; firstPolledAt: Date | null; lastPolledAt: Date | null };
export type GapSpan = { clusterId: number; from: Date; to: Date };

export type CoverageFacts = {
  clusters: readonly WatchedSpan[];
  gaps: readonly GapSpan[];
  now: Date;
};

/** From the best to the worst. */
const ORDER: readonly Coverage[] = ['observed', 'memory', 'gap', 'none'];

/** A poll that is merely due hides nothing: the longest POLL_INTERVAL_MS is 5 minutes. */
const DUE_MS = 6 * 60_000;

/**
 * How well [from, to) was looked at; of several clusters the worst word, but `gap` where only some saw nothing of it.
 *
 * - `none`: it starts after the last whole poll, or there was none; or no cluster is known.
 * - `gap`: a recorded gap overlaps it, or polls ended over 6 minutes before it did (or before now).
 * - `memory`: it starts before the first whole poll; only what the master still remembered is known.
 */
export function coverage(span: Window, { clusters, gaps, now }: CoverageFacts): Coverage {
  const words = clusters.map((cluster) => clusterCoverage(span, cluster, gaps, now));
  if (words.every((word) => word === 'none')) return 'none';
  const worst = ORDER.findLast((word) => words.includes(word)) ?? 'none';
  return worst === 'none' ? 'gap' : worst;
}

function clusterCoverage(span: Window, cluster: WatchedSpan, gaps: readonly GapSpan[], now: Date): Coverage {
  const { firstPolledAt, lastPolledAt } = cluster;
  if (firstPolledAt === null || lastPolledAt === null || span.from > lastPolledAt) return 'none';
  const overlaps = gaps.some(
    (gap) => gap.clusterId === cluster.id && gap.from < span.to && gap.to > span.from,
  );
  if (overlaps || unseenAfter(span, lastPolledAt, now)) return 'gap';
  return span.from < firstPolledAt ? 'memory' : 'observed';
}

/** The part of [from, to) that has passed and that no poll has seen; null: none, or a poll is merely due. */
export function unseenAfter({ from, to }: Window, lastPolledAt: Date, now: Date): Window | null {
  const end = to < now ? to : now;
  if (end.getTime() - lastPolledAt.getTime() <= DUE_MS) return null;
  const start = from > lastPolledAt ? from : lastPolledAt;
  return start < end ? { from: start, to: end } : null;
}
