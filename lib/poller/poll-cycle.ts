import pLimit from 'p-limit';
import type { Pool } from 'pg';
import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import type { MarathonSnapshot, MasterSnapshot } from '@/lib/domain/snapshot';
import { toAppError } from '@/lib/errors';
import { applyAppVersions, applyMarathonSnapshot } from '@/lib/ingest/apply-marathon-snapshot';
import { applyMasterSnapshot, isNews } from '@/lib/ingest/apply-master-snapshot';
import type { Lease } from '@/lib/ingest/lease';
import type { MarathonKnowledge } from '@/lib/ingest/marathon-context';
import type { Memory } from '@/lib/ingest/memory';
import { recordFailedPoll } from '@/lib/ingest/poll-run';
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

const VERSION_READS_MS = 15_000;
const VERSION_READS_AT_ONCE = 8;

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
): Promise<void> {
  const startedAt = new Date();
  const [master, ...marathons] = await Promise.allSettled([
    sources.master.read(signal),
    ...sources.marathons.map((source) => source.read(signal)),
  ]);
  if (signal.aborted) return;

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
    return;
  }
  await learnVersions(pool, lease, state, sources, master.value, signal);
  const applied = await applyMasterSnapshot(pool, lease, state.memory, {
    snapshot: master.value,
    marathons: new Map([...state.knowledge.values()].map((one) => [one.frameworkId, one])),
    startedAt,
    now: new Date(),
  });
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
  const news = ended.filter((task) => isNews(state.memory, task));
  for (const source of sources.marathons) {
    const frameworkId = state.knowledge.get(source.name)?.frameworkId;
    if (frameworkId === undefined) continue;
    const appIds = new Set(
      news
        .filter((task) => task.frameworkId === frameworkId)
        .flatMap((task) => appOfTaskId(task.taskId)?.appId ?? [])
        .filter((appId) => !state.versionsRead.has(`${frameworkId}\0${appId}`)),
    );
    await Promise.all(
      [...appIds].map((appId) =>
        limit(async () => {
          const versions = await readVersions(source, appId, signal);
          if (versions === null) return;
          await applyAppVersions(pool, lease, state.memory, {
            frameworkId,
            appId,
            versions,
            now: new Date(),
          });
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
