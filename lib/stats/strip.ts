import type { StripBody } from '@/lib/contracts/status';
import type { Db } from '@/lib/db/pool';
import { databaseTrouble } from '@/lib/db/trouble';

import { type ClusterScope, clustersInScope, watchedClusters } from './cluster-scope';
import { readLedgers } from './ledger';
import { readPollHistory, type SourceHistory, withoutCredentials } from './poll-history';
import { readReplica, readReplicaNotice } from './read-replica';
import { isStale, overallHealth, type SourceHealth, sourceHealth } from './source-health';
import { listStreams } from './streams';

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
 * Errors: a database failure propagates. Cost: a few index probes a source; the ledgers and streams, small tables.
 */
export async function strip(db: Db, query: StripInput, now: Date): Promise<StripBody> {
  const clusters = await clustersInScope(db, undefined);
  const watched = watchedClusters(clusters);
  const histories = await readPollHistory(db, watched, now);
  const sources = histories.map((history) => ({
    ...history,
    health: sourceHealth(history, query.pollIntervalMs, now),
  }));
  const masters = sources.filter(({ source }) => source === 'mesos');
  const successes = masters.flatMap(({ lastSuccess }) => (lastSuccess ? [lastSuccess.finishedAt] : []));
  const health = overallHealth(sources);
  const trouble = health === 'ok' ? databaseTrouble() : null;
  return {
    now: now.toISOString(),
    simulated: query.simulated || clusters.some(({ simulated }) => simulated),
    health,
    notice:
      health !== 'ok'
        ? noticeOf(sources, query, now)
        : trouble !== null
          ? `What was read cannot be stored since ${agoWords(now.getTime() - trouble.since.getTime())}: ${sentence(trouble.message)}`
          : (oddNotice(sources) ??
            (await lossNotice(db, watched, now)) ??
            readReplicaNotice(await readReplica(now))),
    lastSuccessAt: successes.sort((a, b) => a.getTime() - b.getTime())[0]?.toISOString() ?? null,
    clusters: clusters.map(({ name }) => name),
    timeZone: query.timeZone,
  };
}

/** A loss is told on every page for a day, what was dropped until a poll must have brought it. */
const ESCAPED_TOLD_MS = 86_400_000;
const DROPPED_TOLD_MS = 15 * 60_000;

/** All is read, but ends were counted that are not stored, or were dropped on purpose: null where neither. */
async function lossNotice(db: Db, clusters: readonly ClusterScope[], now: Date): Promise<string | null> {
  const isRecent = (at: string | null, ms: number) => at !== null && now.getTime() - Date.parse(at) < ms;
  const ledgers = await readLedgers(db, clusters);
  const short = ledgers.find(
    ({ isCurrent, escaped, escapedAt }) => isCurrent && escaped > 0 && isRecent(escapedAt, ESCAPED_TOLD_MS),
  );
  if (short) {
    const [ends, were] = short.escaped === 1 ? ['task end', 'is'] : ['task ends', 'are'];
    return `The Mesos master of ${short.cluster} counted ${short.escaped.toLocaleString('en')} ${ends} that ${were} not stored: no reading showed ${short.escaped === 1 ? 'it' : 'them'}.`;
  }
  const streams = await listStreams(db, clusters, now);
  const dropped = streams.find(({ lastDroppedAt }) => isRecent(lastDroppedAt, DROPPED_TOLD_MS));
  if (!dropped) return null;
  return `Task ends that the event stream of ${dropped.cluster} told were dropped ${agoWords(now.getTime() - Date.parse(dropped.lastDroppedAt ?? ''))} ago, as the database did not keep up; polls bring what the master still has of them.`;
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
  const isOfDatabase = worst.lastFailure?.errorCode?.startsWith('DATABASE_') === true;
  if (isOfDatabase && worst.health === 'failing') {
    return `What ${lower(nameOf(worst))} told could not be stored; last success ${age} ago. ${reasonOf(worst)}`;
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
  return sentence(failure.errorMessage ?? failure.errorCode ?? 'the attempt failed');
}

function sentence(text: string): string {
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

function lower(name: string): string {
  return name.replace(/^The /, 'the ');
}
