import type { Coverage } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';

/** From the best to the worst. */
const ORDER: readonly Coverage[] = ['observed', 'memory', 'gap', 'none'];

export type WatchedSpan = { id: number; firstPolledAt: Date | null; lastPolledAt: Date | null };
export type GapSpan = { clusterId: number; from: Date; to: Date };

/**
 * How well [from, to) was looked at; of several clusters the worst word. `none` where no cluster is known.
 *
 * - `none`: it starts after the last whole poll, or there was none.
 * - `gap`: a recorded gap overlaps it.
 * - `memory`: it starts before the first whole poll; only what the master still remembered is known.
 */
export function coverage(span: Window, clusters: readonly WatchedSpan[], gaps: readonly GapSpan[]): Coverage {
  if (clusters.length === 0) return 'none';
  const words = clusters.map((cluster) => clusterCoverage(span, cluster, gaps));
  return ORDER.findLast((word) => words.includes(word)) ?? 'none';
}

function clusterCoverage(span: Window, cluster: WatchedSpan, gaps: readonly GapSpan[]): Coverage {
  const { firstPolledAt, lastPolledAt } = cluster;
  if (firstPolledAt === null || lastPolledAt === null || span.from > lastPolledAt) return 'none';
  const overlaps = gaps.some(
    (gap) => gap.clusterId === cluster.id && gap.from < span.to && gap.to > span.from,
  );
  if (overlaps) return 'gap';
  return span.from < firstPolledAt ? 'memory' : 'observed';
}
