/** A span in which task ends may have escaped us. `frameworkId` null: any framework. */
export type Gap = {
  frameworkId: string | null;
  kind: 'ring_overrun' | 'master_failover' | 'agents_not_back';
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

// The oldest entry kept is the first to have been completed, which is not quite the first to have finished; and a time
// in seconds as a double may lie a millisecond off.
const RING_SLACK_MS = 1_000;
// An end may be told a little after it happened, and what the stream told without its identity was asked for anew.
const STREAM_SLACK_MS = 10_000;

/**
 * Where ends may be missing between the last whole poll and this one. No gap on the first poll ever: before
 * it, only the master's memory speaks, and screens say so.
 *
 * - The master is another process, or was elected anew: its memory began empty (reference A8, L2).
 * - A framework's ring is full and holds nothing we knew: it may have turned over more than once (L1).
 *
 * The end of a gap is told by the cluster's clocks, its beginning by ours: a gap is drawn no shorter than it was.
 */
export function planGaps(sight: {
  /** When the last whole poll began; null: there was none. */
  lastPolledAt: Date | null;
  /** Until when the event stream told all that ended, see `Memory.streamAliveAt`; null: not known. */
  streamAliveAt: Date | null;
  previousEpoch: { masterId: string; electedAt: Date } | null;
  epoch: { masterId: string; electedAt: Date };
  ringSize: number;
  rings: readonly RingSight[];
  now: Date;
}): Gap[] {
  const { lastPolledAt, streamAliveAt, previousEpoch, epoch, ringSize, rings, now } = sight;
  if (!lastPolledAt || !previousEpoch) return [];
  const from = later(lastPolledAt, streamAliveAt && new Date(streamAliveAt.getTime() - STREAM_SLACK_MS));
  const overrun = rings
    .filter((ring) => ring.count >= ringSize && ring.knownBefore === 0)
    .map((ring) => ({ ...ring, to: endOfOverrun(ring.oldestFinishedAt, from, now) }));
  const failedOver =
    previousEpoch.masterId !== epoch.masterId ||
    previousEpoch.electedAt.getTime() !== epoch.electedAt.getTime();
  if (failedOver) {
    const elected = epoch.electedAt > from ? epoch.electedAt : now;
    return [
      {
        frameworkId: null,
        kind: 'master_failover',
        from,
        // Its own ring may have turned over before we came.
        to: overrun.reduce((to, ring) => later(to, ring.to), elected),
        detail: `Leading master changed from ${previousEpoch.masterId} to ${epoch.masterId}; a new master starts without history.`,
      },
    ];
  }
  return overrun.map(({ frameworkId, count, to }) => ({
    frameworkId,
    kind: 'ring_overrun' as const,
    from,
    to,
    detail: `All ${count} completed tasks the master keeps for this framework were new: older ones may have been dropped before they were read.`,
  }));
}

/** An agent that its master never saw again since the election, with the tasks it ran when it was last listed alive. */
export type AgentNotBack = { hostname: string; tasks: number };

const MAX_NAMED = 5;

/**
 * Agents that a new master has given up: of the tasks they ran it never knew, so no list and no event tells that they
 * are lost (reference A8, L4). We know how many there were, not which.
 */
export function planNotBack(agents: readonly AgentNotBack[], epoch: { electedAt: Date }, now: Date): Gap[] {
  if (agents.length === 0) return [];
  const tasks = agents.reduce((sum, agent) => sum + agent.tasks, 0);
  const named = agents.slice(0, MAX_NAMED).map(({ hostname, tasks: ran }) => `${hostname} (${ran})`);
  const more = agents.length - named.length;
  return [
    {
      frameworkId: null,
      kind: 'agents_not_back',
      from: epoch.electedAt < now ? epoch.electedAt : now,
      to: now,
      detail:
        `${agents.length === 1 ? 'An agent' : `${agents.length} agents`} with ${tasks} running ${tasks === 1 ? 'task' : 'tasks'} never came back ` +
        `after the master's failover, and Mesos tells no end of them: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    },
  ];
}

function endOfOverrun(oldest: Date | null, from: Date, now: Date): Date {
  if (oldest === null || oldest <= from) return now;
  const end = new Date(oldest.getTime() + RING_SLACK_MS);
  return end < now ? end : now;
}

function later(one: Date, other: Date | null): Date {
  return other !== null && other > one ? other : one;
}
