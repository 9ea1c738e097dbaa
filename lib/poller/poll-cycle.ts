import pLimit from 'p-limit';
import type { Pool } from 'pg';

import type { MarathonSnapshot, MasterSnapshot } from '@/lib/domain/snapshot';
import { toAppError } from '@/lib/errors';
import { applyAppVersions, applyMarathonSnapshot } from '@/lib/ingest/apply-marathon-snapshot';
import { applyMasterSnapshot, forgetSeen, type MasterApplied } from '@/lib/ingest/apply-master-snapshot';
import type { Lease } from '@/lib/ingest/lease';
import type { MarathonKnowledge } from '@/lib/ingest/marathon-context';
import type { Memory } from '@/lib/ingest/memory';
import { recordFailedPoll } from '@/lib/ingest/poll-run';
import type { TaskEnd } from '@/lib/ingest/task-end';
import { log } from '@/lib/log';

/** What a cycle reads from; each reader has its own time-out. */
export type Sources = {
  master: { read(signal: AbortSignal): Promise<MasterSnapshot> };
  masterUrl: string;
  marathons: {
    /** `marathon:<url without credentials>`. */
    name: string;
    url: string;
    read(signal: AbortSignal): Promise<MarathonSnapshot>;
    readVersions(appId: string, signal: AbortSignal): Promise<string[]>;
  }[];
};

/** Kept between cycles by the loop; a Marathon that fails once keeps what it told last. */
export type CycleState = {
  memory: Memory;
  /** By source name. */
  knowledge: Map<string, MarathonKnowledge>;
  /** Apps whose list of versions was fetched, as framework id NUL app id. */
  versionsRead: Set<string>;
};

const VERSION_READS_PER_CYCLE = 40;
const VERSION_READS_AT_ONCE = 4;

/** `learnt`: ends stored in this cycle can be explained better now; a next cycle soon is worth it. */
export type CycleOutcome = { ok: boolean; learnt: boolean };

/**
 * One poll of every source. Reads them at the same time, writes each Marathon, then the master, whose ends are
 * diagnosed with what the Marathons told. A source that fails becomes a poll_run row and stops no other.
 * Throws LEASE_LOST and database errors; the loop decides what then.
 */
export async function pollCycle(
  pool: Pool,
  lease: Lease,
  state: CycleState,
  sources: Sources,
  signal: AbortSignal,
): Promise<CycleOutcome> {
  const startedAt = new Date();
  const [master, ...marathons] = await Promise.allSettled([
    sources.master.read(signal),
    ...sources.marathons.map((source) => source.read(signal)),
  ]);
  if (signal.aborted) return { ok: false, learnt: false };

  for (const [index, source] of sources.marathons.entries()) {
    const read = marathons[index];
    if (!read) continue;
    if (read.status === 'rejected') {
      await noteFailure(pool, lease, {
        source: source.name,
        url: source.url,
        startedAt,
        thrown: read.reason,
      });
      continue;
    }
    const poll = { snapshot: read.value, source: source.name, startedAt, now: new Date() };
    state.knowledge.set(source.name, await applyMarathonSnapshot(pool, lease, state.memory, poll));
  }

  if (master.status === 'rejected') {
    await noteFailure(pool, lease, {
      source: 'mesos',
      url: sources.masterUrl,
      startedAt,
      thrown: master.reason,
    });
    return { ok: false, learnt: false };
  }
  const applied = await applyMasterSnapshot(pool, lease, state.memory, {
    snapshot: master.value,
    marathons: new Map([...state.knowledge.values()].map((one) => [one.frameworkId, one])),
    startedAt,
    now: new Date(),
  });
  const learnt = await explainLater(pool, lease, state, sources, applied, signal);
  log.info(
    {
      source: 'mesos',
      inserted: applied.inserted,
      revised: applied.revised,
      gaps: applied.gaps,
      rejected: master.value.rejects.count,
    },
    'polled',
  );
  return { ok: true, learnt };
}

/**
 * Kills that nothing explains may lie beside a version of their app that Marathon made before we watched:
 * its list of versions is fetched once per app, and the next plan looks at those ends again. True: some were.
 */
async function explainLater(
  pool: Pool,
  lease: Lease,
  state: CycleState,
  sources: Sources,
  { unexplained }: MasterApplied,
  signal: AbortSignal,
): Promise<boolean> {
  let learnt = false;
  const byApp = new Map<string, { end: TaskEnd; source: Sources['marathons'][number] }>();
  for (const end of unexplained) {
    const source = sources.marathons.find(
      ({ name }) => state.knowledge.get(name)?.frameworkId === end.frameworkId,
    );
    const key = `${end.frameworkId}\0${end.appId}`;
    if (source && end.appId && !state.versionsRead.has(key)) byApp.set(key, { end, source });
  }
  const limit = pLimit(VERSION_READS_AT_ONCE);
  await Promise.all(
    [...byApp].slice(0, VERSION_READS_PER_CYCLE).map(([key, { end, source }]) =>
      limit(async () => {
        const appId = end.appId ?? '';
        try {
          const versions = await source.readVersions(appId, signal);
          await applyAppVersions(pool, lease, state.memory, {
            frameworkId: end.frameworkId,
            appId,
            versions,
            now: new Date(),
          });
          state.versionsRead.add(key);
          learnt = true;
          forgetSeen(
            state.memory,
            unexplained.filter((one) => one.frameworkId === end.frameworkId && one.appId === end.appId),
          );
        } catch (thrown) {
          const error = toAppError(thrown);
          if (error.code === 'LEASE_LOST' || error.code === 'INTERNAL') throw thrown;
          log.warn({ source: source.name, appId, code: error.code }, 'versions of an app could not be read');
        }
      }),
    ),
  );
  return learnt;
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
  await recordFailedPoll(pool, {
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
