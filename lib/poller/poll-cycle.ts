import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Pool } from 'pg';

import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import type { SeenEnds } from '@/lib/domain/seen-ends';
import type { MarathonSnapshot, MasterSnapshot } from '@/lib/domain/snapshot';
import { AppError, toAppError } from '@/lib/errors';
import { applyAppVersions, applyMarathonSnapshot } from '@/lib/ingest/apply-marathon-snapshot';
import { applyMasterSnapshot } from '@/lib/ingest/apply-master-snapshot';
import type { Lease } from '@/lib/ingest/lease';
import type { MarathonKnowledge } from '@/lib/ingest/marathon-context';
import type { Memory } from '@/lib/ingest/memory';
import { recordFailedPoll } from '@/lib/ingest/poll-run';
import { notePollStored, withoutToldEnded } from '@/lib/ingest/stream-memory';
import { log } from '@/lib/log';

import { type EvidenceLooks, newEvidenceLooks } from './evidence-pass';

/** What a cycle reads from; each reader has its own time-out. */
export type Sources = {
  /** `seen`: what is stored already and need not be told again. */
  master: { read(signal: AbortSignal, seen: SeenEnds): Promise<MasterSnapshot> };
  masterUrl: string;
  marathons: {
    /** `marathon:<url without credentials>`. */
    name: string;
    url: string;
    read(signal: AbortSignal): Promise<MarathonSnapshot>;
    readVersions(appId: string, signal: AbortSignal): Promise<string[]>;
  }[];
  /** How long the master's answer waits for a slower Marathon: the ring turns over meanwhile. Default 5,000. */
  marathonGraceMs?: number;
  /** What the event streams told, which must be stored before a poll judges by what is stored. */
  streams?: {
    /** At the start of each cycle. */
    adopt(lease: Lease, state: CycleState): void;
    /** Resolves once what was told is stored, or cannot be; never rejects. */
    drain(): Promise<void>;
  };
};

/** Kept between cycles by the loop; a Marathon that fails once keeps what it told last. */
export type CycleState = {
  memory: Memory;
  /** By source name. */
  knowledge: Map<string, MarathonKnowledge>;
  /** Apps whose list of versions was fetched, as framework id NUL app id. */
  versionsRead: Set<string>;
  /** Marathons being read, by source name: one that is slower than its master is waited for by later cycles. */
  reading: Map<string, Promise<MarathonRead>>;
  /** Writes of polls and of evidence, one at a time: they would only wait for each other's lock on the lease. */
  writing: <T>(write: () => Promise<T>) => Promise<T>;
  looks: EvidenceLooks;
  /**
   * The last two polls of the master that were stored, as their poll_run rows tell them. The one before the last shows
   * whether the last was read with a memory that was still true.
   */
  stored: { startedAt: Date; finishedAt: Date }[];
};

type MarathonRead = { startedAt: Date; outcome: PromiseSettledResult<MarathonSnapshot> };

/** What a collector knows that just took the lease. */
export function newCycleState(memory: Memory): CycleState {
  const limit = pLimit(1);
  return {
    memory,
    knowledge: new Map(),
    versionsRead: new Set(),
    reading: new Map(),
    writing: (write) => limit(write),
    looks: newEvidenceLooks(),
    stored: [],
  };
}

const MARATHON_GRACE_MS = 5_000;
const VERSION_READS_MS = 15_000;
const VERSION_READS_AT_ONCE = 8;

/**
 * One poll of every source. Reads them at the same time, writes each Marathon, then the master, whose ends are
 * diagnosed with what the Marathons told. A source that fails, or whose facts cannot be stored, becomes a poll_run
 * row and stops no other; a Marathon much slower than the master is taken up by the cycle in which it answers.
 * Throws LEASE_LOST and DATABASE_UNAVAILABLE, and what made the master's facts impossible to store; the loop
 * decides what then.
 */
export async function pollCycle(
  pool: Pool,
  lease: Lease,
  state: CycleState,
  sources: Sources,
  signal: AbortSignal,
): Promise<void> {
  sources.streams?.adopt(lease, state);
  const startedAt = new Date();
  for (const source of sources.marathons) {
    const reading = state.reading.get(source.name) ?? startReading(source, startedAt, signal);
    state.reading.set(source.name, reading);
  }
  const [master] = await Promise.allSettled([sources.master.read(signal, state.memory.seen)]);
  const masterReadAt = new Date();
  const answered = await answeredMarathons(state, sources.marathonGraceMs ?? MARATHON_GRACE_MS, signal);
  if (signal.aborted) return;

  for (const source of sources.marathons) {
    const read = answered.get(source.name);
    if (!read) continue;
    state.reading.delete(source.name);
    await storeMarathon(pool, lease, state, source, read);
  }

  const ofMaster = { source: 'mesos', url: sources.masterUrl, startedAt };
  if (master.status === 'rejected') {
    await noteFailure(pool, lease, { ...ofMaster, thrown: master.reason });
    return;
  }
  await learnVersions(pool, lease, state, sources, master.value, signal);
  await sources.streams?.drain();
  try {
    const poll = {
      marathons: knownMarathons(state),
      startedAt,
      // What is alive was alive then: the wait for a Marathon is no lifetime.
      now: masterReadAt,
    };
    const applied = await state.writing(async () => {
      // Seen now: a write of the streams may have come before.
      const snapshot = withoutToldEnded(state.memory, master.value, startedAt);
      const done = await applyMasterSnapshot(pool, lease, state.memory, { ...poll, snapshot });
      notePollStored(state.memory, { startedAt, complete: snapshot.complete });
      return done;
    });
    state.stored = [...state.stored.slice(-1), { startedAt, finishedAt: masterReadAt }];
    log.info({ source: 'mesos', ...applied, rejected: master.value.rejects.count }, 'polled');
  } catch (thrown) {
    if (mayBeNoted(thrown)) await noteFailure(pool, lease, { ...ofMaster, thrown });
    throw thrown;
  }
}

/** Watched Marathons as they were last read, by framework id. */
export function knownMarathons({ knowledge }: CycleState): Map<string, MarathonKnowledge> {
  return new Map([...knowledge.values()].map((one) => [one.frameworkId, one]));
}

/**
 * Reads one Marathon between two polls, as its event stream told that something changed, and stores what it told. False:
 * a poll is reading it, which may have begun before that. Throws LEASE_LOST and DATABASE_UNAVAILABLE.
 */
export async function readMarathonBetween(
  pool: Pool,
  lease: Lease,
  state: CycleState,
  source: Sources['marathons'][number],
  signal: AbortSignal,
): Promise<boolean> {
  if (state.reading.has(source.name)) return false;
  const reading = startReading(source, new Date(), signal);
  state.reading.set(source.name, reading);
  const read = await reading;
  // A poll that came meanwhile has taken it.
  if (state.reading.get(source.name) !== reading) return true;
  state.reading.delete(source.name);
  if (!signal.aborted) await storeMarathon(pool, lease, state, source, read);
  return true;
}

/** Never rejects. */
async function startReading(
  source: Sources['marathons'][number],
  startedAt: Date,
  signal: AbortSignal,
): Promise<MarathonRead> {
  const [outcome] = await Promise.allSettled([source.read(signal)]);
  return { startedAt, outcome };
}

/** The Marathons that answer within the grace time, by source name. */
async function answeredMarathons(
  { reading }: CycleState,
  graceMs: number,
  signal: AbortSignal,
): Promise<Map<string, MarathonRead>> {
  const answered = new Map<string, MarathonRead>();
  const all = [...reading].map(([name, read]) => read.then((one) => answered.set(name, one)));
  const over = new AbortController();
  const grace = sleep(graceMs, undefined, { signal: AbortSignal.any([signal, over.signal]) });
  await Promise.race([Promise.all(all), grace.catch(() => {})]);
  over.abort();
  return new Map(answered); // As it is now: the rest is taken up by a later cycle.
}

async function storeMarathon(
  pool: Pool,
  lease: Lease,
  state: CycleState,
  source: Sources['marathons'][number],
  { startedAt, outcome }: MarathonRead,
): Promise<void> {
  const failure = { source: source.name, url: source.url, startedAt };
  if (outcome.status === 'rejected') {
    await noteFailure(pool, lease, { ...failure, thrown: outcome.reason });
    return;
  }
  try {
    const poll = { snapshot: outcome.value, source: source.name, startedAt, now: new Date() };
    const knowledge = await state.writing(() => applyMarathonSnapshot(pool, lease, state.memory, poll));
    state.knowledge.set(source.name, knowledge);
  } catch (thrown) {
    if (!mayBeNoted(thrown)) throw thrown;
    await noteFailure(pool, lease, { ...failure, thrown });
  }
}

/**
 * Marathon's own list of an app's versions tells of changes made before we watched: what a kill of that time was
 * for, and which version a task ran. It is fetched once per app that has new ends, within a time budget; an app
 * left out is fetched at its next end.
 */
async function learnVersions(
  pool: Pool,
  lease: Lease,
  state: CycleState,
  sources: Sources,
  { ended }: MasterSnapshot,
  cycleSignal: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([cycleSignal, AbortSignal.timeout(VERSION_READS_MS)]);
  const limit = pLimit(VERSION_READS_AT_ONCE);
  for (const source of sources.marathons) {
    const frameworkId = state.knowledge.get(source.name)?.frameworkId;
    if (frameworkId === undefined) continue;
    const appIds = new Set(
      ended
        .filter((task) => task.frameworkId === frameworkId)
        .flatMap((task) => appOfTaskId(task.taskId)?.appId ?? [])
        .filter((appId) => !state.versionsRead.has(`${frameworkId}\0${appId}`)),
    );
    await Promise.all(
      [...appIds].map((appId) =>
        limit(async () => {
          const versions = await readVersions(source, appId, signal);
          if (versions === null) return;
          const app = { frameworkId, appId, versions, now: new Date() };
          await state.writing(() => applyAppVersions(pool, lease, state.memory, app));
          state.versionsRead.add(`${frameworkId}\0${appId}`);
        }),
      ),
    );
  }
}

/** Null: they could not be read now; the ends are stored all the same. */
async function readVersions(
  source: Sources['marathons'][number],
  appId: string,
  signal: AbortSignal,
): Promise<string[] | null> {
  if (signal.aborted) return null;
  try {
    return await source.readVersions(appId, signal);
  } catch (thrown) {
    log.warn(
      { source: source.name, appId, code: toAppError(thrown).code },
      'versions of an app could not be read',
    );
    return null;
  }
}

/** What Postgres refused, but may take a row about: on a full disk, too, one often fits where the facts do not. */
function mayBeNoted(thrown: unknown): boolean {
  const isOfAll = thrown instanceof AppError;
  return !isOfAll || thrown.code === 'DATABASE_BUSY' || thrown.code === 'DATABASE_DISK_FULL';
}

async function noteFailure(
  pool: Pool,
  lease: Lease,
  failure: { source: string; url: string; startedAt: Date; thrown: unknown },
): Promise<void> {
  const error = toAppError(failure.thrown);
  const { source, url, startedAt } = failure;
  log.warn(
    { source, code: error.code, err: error.code === 'INTERNAL' ? error.cause : undefined },
    error.message,
  );
  await recordFailedPoll(pool, lease, {
    clusterId: lease.clusterId,
    source,
    url,
    startedAt,
    finishedAt: new Date(),
    ok: false,
    errorCode: error.code,
    errorMessage: error.message,
  });
}
