/** A span in which task ends may have escaped us. `frameworkId` null: any framework. */
export type Gap = {
  frameworkId: string | null;
  kind: 'ring_overrun' | 'master_failover';
  from: Date;
  to: Date;
  detail: string;
};

export type RingSight = {
  frameworkId: string;
  /** Completed tasks the master holds for it now. */
  count: number;
  /** How many of them we had stored before this poll. */
  knownBefore: number;
  /** Finish time of the oldest it still holds; null: it tells none. */
  oldestFinishedAt: Date | null;
};

/**
 * Where ends may be missing between the last whole poll and this one. No gap on the first poll ever: before
 * it, only the master's memory speaks, and screens say so.
 *
 * - The master is another process, or was elected anew: its memory began empty (reference A8, L2).
 * - A framework's ring is full and holds nothing we knew: it may have turned over more than once (L1).
 */
export function planGaps(sight: {
  /** When the last whole poll began; null: there was none. */
  lastPolledAt: Date | null;
  previousEpoch: { masterId: string; electedAt: Date } | null;
  epoch: { masterId: string; electedAt: Date };
  ringSize: number;
  rings: readonly RingSight[];
  now: Date;
}): Gap[] {
  const { lastPolledAt, previousEpoch, epoch, ringSize, rings, now } = sight;
  if (!lastPolledAt || !previousEpoch) return [];
  const gaps: Gap[] = [];
  const failedOver =
    previousEpoch.masterId !== epoch.masterId ||
    previousEpoch.electedAt.getTime() !== epoch.electedAt.getTime();
  if (failedOver) {
    gaps.push({
      frameworkId: null,
      kind: 'master_failover',
      from: lastPolledAt,
      to: epoch.electedAt > lastPolledAt ? epoch.electedAt : now,
      detail: `Leading master changed from ${previousEpoch.masterId} to ${epoch.masterId}; a new master starts without history.`,
    });
  }
  for (const ring of rings) {
    if (failedOver || ring.count < ringSize || ring.knownBefore > 0) continue;
    const oldest = ring.oldestFinishedAt;
    gaps.push({
      frameworkId: ring.frameworkId,
      kind: 'ring_overrun',
      from: lastPolledAt,
      to: oldest && oldest > lastPolledAt ? oldest : now,
      detail: `All ${ring.count} completed tasks the master keeps for this framework were new: older ones may have been dropped before they were read.`,
    });
  }
  return gaps;
}
