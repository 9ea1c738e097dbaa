import type { MasterEpoch } from '@/lib/domain/cluster';
import type { SeenEnds } from '@/lib/domain/seen-ends';
import type { MasterSnapshot, PollWarning } from '@/lib/domain/snapshot';
import type { MesosTask } from '@/lib/domain/task';
import { AppError } from '@/lib/errors';
import { createUpstream } from '@/lib/upstream/create-upstream';
import type { Source } from '@/lib/upstream/source';

import { findEnded } from './find-ended';
import { createLeaderFinder, type Leader } from './find-leader';
import { readCounters } from './read-counters';
import { readTasks } from './read-tasks';
import { followEvents } from './subscribe';
import type { EndQuestion } from './track-ends';
import { withoutEnded } from './without-ended';
import { watchMasters } from './zookeeper';
import { isZookeeperUrl, parseZookeeperUrl } from './zookeeper-url';

export type MasterReader = {
  /**
   * Reads the leading master once: /state, then GET_TASKS for messages and reasons, then the counters, which are also
   * asked for before all others where the leader is known.
   *
   * /state is required; the other two only add and become warnings: `messages_unavailable`,
   * `counters_unavailable`. A cut /state with tasks in it gives a snapshot that is not `complete`, with the
   * warning `state_truncated`. `completed_without_end`: see `readState`.
   *
   * What is told in the words of `seen` is not parsed again: it comes out as `unchanged`.
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
  /** Asks the master that led at the last reading for a task that ended; null: it has none such, or none led. Errors: as `findEnded`. */
  findEnded(question: EndQuestion, signal: AbortSignal): Promise<MesosTask | null>;
  /** URL of the master that led at the last reading; null: none did. */
  leaderUrl(): string | null;
  /** Version of the master that was last read whole; null: none was. */
  version(): string | null;
  close(): Promise<void>;
};

const EARLY_COUNTERS_MS = 2_000;

/**
 * A reader of one master quorum; keeps the last leader and its epoch. One of the URLs may be a zk:// one; `scheme` is how
 * the masters that ZooKeeper names are asked (default: http). Errors: CONFIG_INVALID.
 */
export function createMasterReader(source: Source & { scheme?: 'http' | 'https' }): MasterReader {
  const urls = source.urls.filter((url) => !isZookeeperUrl(url));
  const [watched] = source.urls.filter(isZookeeperUrl);
  const upstream = createUpstream('mesos', { ...source, urls }, { mayBeEmpty: watched !== undefined });
  const watch =
    watched === undefined
      ? null
      : watchMasters(parseZookeeperUrl(watched), { preferName: source.scheme === 'https' });
  const finder = createLeaderFinder(upstream, {
    hedgeMs: Math.min(5_000, source.timeoutMs / 4),
    ...(watch === null ? {} : { zookeeper: { watch, scheme: source.scheme ?? 'http' } }),
  });
  let lastWhole: { url: string; epoch: MasterEpoch } | null = null;
  let tellsCounters = false;

  async function read(signal: AbortSignal, seen: SeenEnds): Promise<MasterSnapshot> {
    const early = await countersBefore(signal);
    const leader = await finder.find(signal, seen);
    const { target, reading, rejectLog } = leader;
    const warnings: PollWarning[] = [...reading.warnings];
    if (reading.cut !== null) {
      const why = reading.cut.failure?.message ?? reading.cut.why;
      warnings.push({
        code: 'state_truncated',
        message: `/state of ${target.base} was not read to its end (${why}); ${reading.tasksRead} tasks before the break were kept.`,
      });
    }
    const taskBytes = await orWarning(
      readTasks(upstream, { target, ended: reading.ended, seen, rejectLog, signal }),
      (reason) => ({
        code: 'messages_unavailable',
        message: `GET_TASKS gave no or not all messages and reasons: ${reason}`,
      }),
    );
    const counters = await orWarning(readCounters(upstream, target, signal), (reason) => ({
      code: 'counters_unavailable',
      message: `The master's counters could not be read: ${reason}`,
    }));

    tellsCounters = counters !== null;

    const late = reading.ended.late();
    const live = await withoutEnded(reading.live, late);
    const { ended, unchanged, wordsOf } = reading.ended.result();
    const known = lastWhole !== null && lastWhole.url === target.base ? lastWhole.epoch : null;
    const epoch = epochOf(leader, known);
    if (reading.cut === null) lastWhole = { url: target.base, epoch };
    return {
      url: target.base,
      complete: reading.cut === null,
      epoch,
      agents: reading.agents,
      frameworks: reading.frameworks,
      ended,
      endedLate: late,
      unchanged,
      wordsOf,
      live,
      ringCounts: reading.ringCounts,
      counters,
      countersBefore: early?.base === target.base ? early.counters : null,
      rejects: rejectLog.rejects(),
      warnings,
      bytes: reading.bytes + (taskBytes ?? 0),
      tasksRead: reading.tasksRead + late.length,
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

  /** Of the master that led last, where it told them last time: what they count must be in the lists read next. */
  async function countersBefore(signal: AbortSignal) {
    const target = tellsCounters ? finder.last() : null;
    if (target === null) return null;
    const soon = AbortSignal.any([signal, AbortSignal.timeout(EARLY_COUNTERS_MS)]);
    try {
      return { base: target.base, counters: await readCounters(upstream, target, soon) };
    } catch {
      signal.throwIfAborted();
      return null; // Only the ledger waits for them: it reads the next.
    }
  }

  return {
    read,
    follow(handlers, signal) {
      const leader = finder.last();
      return leader === null ? null : followEvents(upstream, leader, handlers, { signal });
    },
    async findEnded(question, signal) {
      const leader = finder.last();
      return leader === null ? null : await findEnded(upstream, leader, question, signal);
    },
    leaderUrl: () => finder.last()?.base ?? null,
    version: () => lastWhole?.epoch.version ?? null,
    async close() {
      watch?.close();
      await upstream.close();
    },
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
