import type { MasterEpoch } from '@/lib/domain/cluster';
import type { SeenEnds } from '@/lib/domain/seen-ends';
import type { LiveTask, MasterSnapshot, PollWarning } from '@/lib/domain/snapshot';
import type { MesosTask } from '@/lib/domain/task';
import { AppError } from '@/lib/errors';
import { createUpstream } from '@/lib/upstream/create-upstream';
import type { Source } from '@/lib/upstream/source';

import { createLeaderFinder, type Leader } from './find-leader';
import { readCounters } from './read-counters';
import { readTasks } from './read-tasks';
import { followEvents } from './subscribe';

export type MasterReader = {
  /**
   * Reads the leading master once: /state, then GET_TASKS for messages and reasons, then the counters.
   *
   * /state is required; the other two only add and become warnings: `messages_unavailable`,
   * `counters_unavailable`. A cut /state with tasks in it gives a snapshot that is not `complete`, with the
   * warning `state_truncated`. `completed_without_end`: see `readState`.
   *
   * Errors: MESOS_* and BODY_TOO_LARGE as `LeaderFinder.find`; when `signal` is aborted its own reason.
   * Cost: each of the three requests may take `timeoutMs`, /state once per master asked.
   */
  read(signal: AbortSignal, seen: SeenEnds): Promise<MasterSnapshot>;
  /** Follows the events of the master that led at the last reading; null: none did. Errors: as `followEvents`. */
  follow(
    handlers: Parameters<typeof followEvents>[2],
    signal: AbortSignal,
  ): ReturnType<typeof followEvents> | null;
  /** URL of the master that led at the last reading; null: none did. */
  leaderUrl(): string | null;
  close(): Promise<void>;
};

/** A reader of one master quorum; keeps the last leader and its epoch. Errors: CONFIG_INVALID. */
export function createMasterReader(source: Source): MasterReader {
  const upstream = createUpstream('mesos', source);
  const finder = createLeaderFinder(upstream);
  let lastWhole: { url: string; epoch: MasterEpoch } | null = null;

  async function read(signal: AbortSignal, _seen: SeenEnds): Promise<MasterSnapshot> {
    const leader = await finder.find(signal);
    const { target, reading, rejectLog } = leader;
    const warnings: PollWarning[] = [...reading.warnings];
    if (reading.cut !== null) {
      const why = reading.cut.failure?.message ?? reading.cut.why;
      warnings.push({
        code: 'state_truncated',
        message: `/state of ${target.base} was not read to its end (${why}); ${reading.tasksRead} tasks before the break were kept.`,
      });
    }
    const tasks = await orWarning(
      readTasks(upstream, { target, ended: reading.ended, rejectLog, signal }),
      (reason) => ({
        code: 'messages_unavailable',
        message: `GET_TASKS gave no or not all messages and reasons: ${reason}`,
      }),
    );
    const counters = await orWarning(readCounters(upstream, target, signal), (reason) => ({
      code: 'counters_unavailable',
      message: `The master's counters could not be read: ${reason}`,
    }));

    const added = tasks?.added ?? [];
    const known = lastWhole !== null && lastWhole.url === target.base ? lastWhole.epoch : null;
    const epoch = epochOf(leader, known);
    if (reading.cut === null) lastWhole = { url: target.base, epoch };
    return {
      url: target.base,
      complete: reading.cut === null,
      epoch,
      agents: reading.agents,
      frameworks: reading.frameworks,
      ended: reading.ended.list(),
      unchanged: [],
      wordsOf: new Map(),
      live: withoutEnded(reading.live, added),
      ringCounts: reading.ringCounts,
      counters,
      rejects: rejectLog.rejects(),
      warnings,
      bytes: reading.bytes + (tasks?.bytes ?? 0),
      tasksRead: reading.tasksRead + added.length,
    };

    async function orWarning<T>(
      work: Promise<T>,
      toWarning: (reason: string) => PollWarning,
    ): Promise<T | null> {
      try {
        return await work;
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof AppError)) throw thrown;
        warnings.push(toWarning(thrown.message));
        return null;
      }
    }
  }

  return {
    read,
    follow(handlers, signal) {
      const leader = finder.last();
      return leader === null ? null : followEvents(upstream, leader, handlers, { signal });
    },
    leaderUrl: () => finder.last()?.base ?? null,
    close: () => upstream.close(),
  };
}

/**
 * The life of the master that answered. Of a cut /state only what was read before the break is known; the rest
 * is taken from the last whole answer of the same master, unless the election time says it is another life.
 */
function epochOf({ target, reading: { master, cut } }: Leader, known: MasterEpoch | null): MasterEpoch {
  const isSameLife =
    (master.electedAt === null || master.electedAt.getTime() === known?.electedAt.getTime()) &&
    (master.masterId === null || master.masterId === known?.masterId);
  if (cut !== null && known !== null && isSameLife) return known;
  return {
    masterId: master.masterId ?? (cut === null ? target.base : ''),
    electedAt: master.electedAt ?? master.startedAt ?? new Date(0),
    startedAt: master.startedAt,
    version: master.version ?? 'unknown',
    hostname: master.hostname,
    clusterName: master.clusterName,
    ringSize: master.ringSize,
  };
}

/** What ended between the two requests is an end, not a live task. */
function withoutEnded(live: LiveTask[], ended: readonly MesosTask[]): LiveTask[] {
  if (ended.length === 0) return live;
  const byId = new Map<string, MesosTask[]>();
  for (const task of ended) byId.set(task.taskId, [...(byId.get(task.taskId) ?? []), task]);
  // By id first: a key made for each of 200,000 live tasks would hold the event loop.
  return live.filter(
    (task) =>
      !byId
        .get(task.taskId)
        ?.some((end) => end.agentId === task.agentId && end.frameworkId === task.frameworkId),
  );
}
