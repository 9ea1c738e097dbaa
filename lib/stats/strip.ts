import type { StripBody } from '@/lib/contracts/status';
import type { Db } from '@/lib/db/pool';

import { clustersInScope, watchedClusters } from './cluster-scope';
import { readPollHistory, type SourceHistory, withoutCredentials } from './poll-history';
import { isStale, overallHealth, type SourceHealth, sourceHealth } from './source-health';

export type StripInput = {
  pollIntervalMs: number;
  /** SIMULATED of this process; data of a simulated cluster says so too, whoever serves it. */
  simulated: boolean;
  timeZone: string;
  /** False: this process would collect, but no MESOS_MASTER_URLS is set. */
  hasMasters: boolean;
};

type Judged = SourceHistory & { health: SourceHealth };

/**
 * What every page's frame shows: is this a simulation, and can the numbers be trusted now.
 *
 * Shape: `notice` null where all is well and all that was read was understood. `lastSuccessAt`: the oldest of the masters' last whole polls.
 * Errors: a database failure propagates. Cost: a few index probes a source.
 */
export async function strip(db: Db, query: StripInput, now: Date): Promise<StripBody> {
  const clusters = await clustersInScope(db, undefined);
  const histories = await readPollHistory(db, watchedClusters(clusters), now);
  const sources = histories.map((history) => ({
    ...history,
    health: sourceHealth(history, query.pollIntervalMs, now),
  }));
  const masters = sources.filter(({ source }) => source === 'mesos');
  const successes = masters.flatMap(({ lastSuccess }) => (lastSuccess ? [lastSuccess.finishedAt] : []));
  const health = overallHealth(sources);
  return {
    now: now.toISOString(),
    simulated: query.simulated || clusters.some(({ simulated }) => simulated),
    health,
    notice: health === 'ok' ? oddNotice(sources) : noticeOf(sources, query, now),
    lastSuccessAt: successes.sort((a, b) => a.getTime() - b.getTime())[0]?.toISOString() ?? null,
    clusters: clusters.map(({ name }) => name),
    timeZone: query.timeZone,
  };
}

/** All is read, but not all of it could be understood, or the master's state was cut: null where neither. */
function oddNotice(sources: readonly Judged[]): string | null {
  const cut = sources.find(({ lastSuccess }) =>
    lastSuccess?.warnings.some(({ code }) => code === 'state_truncated'),
  );
  if (cut) return `${nameOf(cut)} sent a state that was cut short: what stood in the rest of it is missing.`;
  const rejected = sources.reduce((sum, { lastSuccess }) => sum + (lastSuccess?.rejected ?? 0), 0);
  if (rejected === 0) return null;
  const entries = rejected === 1 ? '1 entry' : `${rejected.toLocaleString('en')} entries`;
  return `${entries} of the last poll could not be understood and ${rejected === 1 ? 'was' : 'were'} left out; all others are stored.`;
}

/** The worst thing in one sentence. */
function noticeOf(sources: readonly Judged[], { pollIntervalMs, hasMasters }: StripInput, now: Date): string {
  const masters = sources.filter(({ source }) => source === 'mesos');
  const never = masters.find(({ health }) => health === 'never');
  if (!hasMasters) return 'No Mesos master is configured: set MESOS_MASTER_URLS and start again.';
  if (masters.length === 0) return 'No Mesos master has been read yet.';
  if (never) return `No Mesos master has been read yet: ${reasonOf(never)}`;
  const worst =
    masters.find(({ health }) => health !== 'ok') ?? sources.find(({ health }) => health !== 'ok');
  if (!worst?.lastSuccess) return `${nameOf(worst)} has not been read yet: ${reasonOf(worst)}`;
  const age = agoWords(now.getTime() - worst.lastSuccess.finishedAt.getTime());
  if (worst.health === 'stale' && masters.every(({ health }) => health === 'ok')) {
    return `${nameOf(worst)} was last read ${age} ago, while its master still is: is it configured any more?`;
  }
  if (worst.health === 'stale') {
    return `${nameOf(worst)} was last read ${age} ago, and no collector seems to run: what ended since then is missing.`;
  }
  const stale = isStale(worst.lastSuccess.finishedAt, pollIntervalMs, now);
  const consequence = stale && worst.source === 'mesos' ? ' What ended since then is missing.' : '';
  return `${nameOf(worst)} cannot be read; last success ${age} ago. ${reasonOf(worst)}${consequence}`;
}

function nameOf(source: Judged | undefined): string {
  if (!source) return 'A source';
  const cluster = source.cluster.name;
  if (source.source === 'mesos') return `The Mesos master of ${cluster}`;
  return `Marathon ${withoutCredentials(source.source.replace(/^marathon:/, ''))} of ${cluster}`;
}

function reasonOf(source: Judged | undefined): string {
  const failure = source?.lastFailure;
  if (!failure) return 'No attempt has ended yet.';
  const text = failure.errorMessage ?? failure.errorCode ?? 'the attempt failed';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** `40 s`, `12 min`, `5 h`, `3 days`. */
function agoWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
