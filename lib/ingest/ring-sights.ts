import type { MasterSnapshot } from '@/lib/domain/snapshot';

import { type Memory, seenKey } from './memory';
import type { RingSight } from './plan-gaps';

/**
 * How much of each framework's ring of completed tasks was stored before this poll. `isStored` tells of an ended task
 * of the snapshot. Ends that a stream told which was opened after the last poll do not count: they are younger than
 * the hole that the ring must bridge.
 */
export function ringSights(
  { ended, unchanged, ringCounts }: MasterSnapshot,
  { sinceOpened }: Pick<Memory, 'sinceOpened'>,
  isStored: (key: string) => boolean,
): RingSight[] {
  const sights = new Map<string, { knownBefore: number; oldestFinishedAt: Date | null }>();
  const see = (frameworkId: string, finishedAt: Date | null, wasKnown: boolean) => {
    const sight = sights.get(frameworkId) ?? { knownBefore: 0, oldestFinishedAt: null };
    sights.set(frameworkId, sight);
    if (wasKnown) sight.knownBefore += 1;
    if (finishedAt && (!sight.oldestFinishedAt || finishedAt < sight.oldestFinishedAt)) {
      sight.oldestFinishedAt = finishedAt;
    }
  };
  for (const task of ended) {
    if (task.list !== 'completed_tasks') continue;
    const key = seenKey(task);
    see(task.frameworkId, task.statuses.at(-1)?.at ?? null, !sinceOpened.has(key) && isStored(key));
  }
  for (const end of unchanged) {
    if (end.list === 'completed_tasks') see(end.frameworkId, end.finishedAt, !sinceOpened.has(end.key));
  }
  return [...ringCounts].map(([frameworkId, count]) => ({
    frameworkId,
    count,
    ...(sights.get(frameworkId) ?? { knownBefore: 0, oldestFinishedAt: null }),
  }));
}
