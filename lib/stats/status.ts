import type { Pool } from 'pg';

import type { SourceStatus, StatusBody } from '@/lib/contracts/status';
import { type Lease, prismaOn } from '@/lib/db/prisma';
import { ERROR_CATALOG } from '@/lib/errors';

import { summarizeAgents } from './agent-contacts';
import { type ClusterScope, clustersInScope, idsOf, watchedClusters } from './cluster-scope';
import { databaseSize } from './database-size';
import { readLedgers } from './ledger';
import { countGaps, listGaps } from './list-gaps';
import { listLogInputs } from './log-inputs';
import { listPolls, readPollHistory, type SourceHistory, withoutCredentials } from './poll-history';
import { readReplica } from './read-replica';
import { overallHealth, sourceHealth } from './source-health';
import { countStoredEnds } from './stored-ends';
import { listStreams } from './streams';

const MAX_LISTED = 50;

export type StatusInput = {
  version: string;
  role: StatusBody['role'];
  pollIntervalMs: number;
  /** SIMULATED of this process; data of a simulated cluster says so too. */
  simulated: boolean;
  retentionDays: number;
  sandboxRetentionDays: number;
};

/**
 * The collector: each source's last success, lag and last error, event streams, the ledger, gaps, lease holders, ways in
 * for logs, how agents answer, the database and its replica.
 *
 * Shape: all clusters; sources still read, masters first. `taskEnds` counts what is not reopened.
 * Errors: a database failure propagates. Cost: a few index probes a source; see `countStoredEnds` and
 * `databaseSize` for the rest.
 */
export async function status(db: Pool, query: StatusInput, now: Date): Promise<StatusBody> {
  const clusters = await clustersInScope(db, undefined);
  const watched = watchedClusters(clusters);
  const histories = await readPollHistory(db, watched, now);
  const sources = histories.map((history) => toSourceStatus(history, query.pollIntervalMs, now));
  const gapCounts = await countGaps(db, clusters);
  return {
    now: now.toISOString(),
    version: query.version,
    role: query.role,
    pollIntervalMs: query.pollIntervalMs,
    health: overallHealth(sources),
    simulated: query.simulated || clusters.some(({ simulated }) => simulated),
    clusters: await listClusters(db, clusters, now),
    sources,
    streams: await listStreams(db, watched, now),
    ledger: await readLedgers(db, clusters),
    gaps: await listGaps(db, clusters, MAX_LISTED),
    gapCount: gapCounts.reduce((sum, { gaps }) => sum + gaps, 0),
    polls: await listPolls(db, clusters, MAX_LISTED),
    logInputs: await listLogInputs(db, watched),
    agents: await summarizeAgents(db, watched),
    database: await databaseSize(
      db,
      { retentionDays: query.retentionDays, sandboxRetentionDays: query.sandboxRetentionDays },
      now,
    ),
    readReplica: await readReplica(now),
  };
}

function toSourceStatus(history: SourceHistory, pollIntervalMs: number, now: Date): SourceStatus {
  const { lastAttempt, lastSuccess } = history;
  return {
    cluster: history.cluster.name,
    source: withoutCredentials(history.source),
    health: sourceHealth(history, pollIntervalMs, now),
    url: lastSuccess?.url ?? lastAttempt.url,
    lastSuccessAt: lastSuccess?.finishedAt.toISOString() ?? null,
    lastAttemptAt: lastAttempt.startedAt.toISOString(),
    lagSeconds: lastSuccess ? Math.max(0, now.getTime() - lastSuccess.finishedAt.getTime()) / 1000 : null,
    lastError: toLastError(history),
    failuresInARow: history.failuresInARow,
    lastDurationMs: lastAttempt.finishedAt.getTime() - lastAttempt.startedAt.getTime(),
    bytes: lastSuccess?.bytes ?? null,
    tasksRead: lastSuccess?.tasksRead ?? null,
    rejected: lastSuccess?.rejected ?? 0,
    rejects: lastSuccess?.rejects ?? [],
    warnings: lastSuccess?.warnings ?? [],
  };
}

function toLastError({ lastFailure }: SourceHistory): SourceStatus['lastError'] {
  if (!lastFailure) return null;
  const code = lastFailure.errorCode ?? 'INTERNAL';
  const known: Record<string, { cure: string }> = ERROR_CATALOG;
  return {
    at: lastFailure.finishedAt.toISOString(),
    code,
    message: lastFailure.errorMessage ?? '',
    cure: known[code]?.cure ?? '',
  };
}

async function listClusters(
  db: Pool,
  clusters: readonly ClusterScope[],
  now: Date,
): Promise<StatusBody['clusters']> {
  const rows = await prismaOn(db).cluster.findMany({
    where: { id: { in: idsOf(clusters) } },
    include: { lease: true },
    omit: { counters: true },
  });
  const ends = await countStoredEnds(db, idsOf(clusters), now);
  return clusters.map((cluster) => {
    const row = rows.find(({ id }) => id === cluster.id);
    return {
      name: cluster.name,
      masterVersion: row?.masterVersion ?? null,
      masterUrl: row?.masterUrl ? withoutCredentials(row.masterUrl) : null,
      electedAt: row?.electedAt?.toISOString() ?? null,
      firstPolledAt: cluster.firstPolledAt?.toISOString() ?? null,
      lastPolledAt: cluster.lastPolledAt?.toISOString() ?? null,
      ringSize: row?.ringSize ?? null,
      taskEnds: ends.reduce((sum, one) => sum + (one.clusterId === cluster.id ? one.ends : 0), 0),
      lease: row?.lease ? toLease(row.lease, now) : null,
    };
  });
}

function toLease(lease: Lease, now: Date): StatusBody['clusters'][number]['lease'] {
  return {
    holder: lease.holder,
    // Past what a double holds exactly.
    token: lease.token.toString(),
    acquiredAt: lease.acquiredAt.toISOString(),
    expiresAt: lease.expiresAt.toISOString(),
    expired: lease.expiresAt <= now,
  };
}
