import type { Pool } from 'pg';

import type { SourceStatus, StatusBody } from '@/lib/contracts/status';
import type { Db } from '@/lib/db/pool';
import { type Lease, prismaOn } from '@/lib/db/prisma';
import { ERROR_CATALOG } from '@/lib/errors';

import { summarizeAgents } from './agent-contacts';
import { type ClusterScope, clustersInScope, idsOf, namesById, watchedClusters } from './cluster-scope';
import { listGaps } from './list-gaps';
import { listLogInputs } from './log-inputs';
import { listPolls, readPollHistory, type SourceHistory, withoutCredentials } from './poll-history';
import { overallHealth, sourceHealth } from './source-health';

const MAX_LISTED = 50;

export type StatusInput = {
  version: string;
  role: StatusBody['role'];
  pollIntervalMs: number;
  /** SIMULATED of this process; data of a simulated cluster says so too. */
  simulated: boolean;
};

/**
 * The collector: each source's last success, lag and last error, gaps, lease holders, ways in for logs, how agents
 * answer, the database.
 *
 * Shape: all clusters; sources still read, masters first. `taskEnds` counts what is not reopened.
 * Errors: a database failure propagates. Cost: a few index probes a source; the sum of the hourly rollup; the
 * size of the database as the file system tells it.
 */
export async function status(db: Pool, query: StatusInput, now: Date): Promise<StatusBody> {
  const clusters = await clustersInScope(db, undefined);
  const watched = watchedClusters(clusters);
  const histories = await readPollHistory(db, watched, now);
  const sources = histories.map((history) => toSourceStatus(history, query.pollIntervalMs, now));
  const names = namesById(clusters);
  const gaps = await listGaps(db, clusters, MAX_LISTED);
  return {
    now: now.toISOString(),
    version: query.version,
    role: query.role,
    pollIntervalMs: query.pollIntervalMs,
    health: overallHealth(sources),
    simulated: query.simulated || clusters.some(({ simulated }) => simulated),
    clusters: await listClusters(db, clusters, now),
    sources,
    gaps: gaps.map((gap) => ({
      cluster: names.get(gap.clusterId) ?? '',
      frameworkId: gap.frameworkId,
      kind: gap.kind,
      from: gap.from.toISOString(),
      to: gap.to.toISOString(),
      detail: gap.detail,
    })),
    polls: await listPolls(db, clusters, MAX_LISTED),
    logInputs: await listLogInputs(db, watched),
    agents: await summarizeAgents(db, watched),
    database: await readDatabase(db),
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
  const ends = await countStored(db, clusters);
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
      taskEnds: ends.get(cluster.id) ?? 0,
      lease: row?.lease ? toLease(row.lease, now) : null,
    };
  });
}

async function countStored(db: Db, clusters: readonly ClusterScope[]): Promise<Map<number, number>> {
  const { rows } = await db.query<{ cluster_id: number; ends: number }>(
    'SELECT cluster_id, sum(ends)::int AS ends FROM rollup_hour WHERE cluster_id = ANY ($1::smallint[]) GROUP BY 1',
    [idsOf(clusters)],
  );
  return new Map(rows.map((row) => [row.cluster_id, row.ends]));
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

async function readDatabase(db: Db): Promise<StatusBody['database']> {
  const { rows } = await db.query<{ size: string; version: string; has_migrations: boolean }>(
    `SELECT pg_database_size(current_database())::text AS size, current_setting('server_version') AS version,
            to_regclass('_prisma_migrations') IS NOT NULL AS has_migrations`,
  );
  const row = rows[0];
  const migrations = row?.has_migrations
    ? await db.query<{ applied: number }>(
        'SELECT count(*)::int AS applied FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
      )
    : null;
  return {
    sizeBytes: Number(row?.size ?? 0),
    version: row?.version ?? '',
    migrations: migrations?.rows[0]?.applied ?? 0,
  };
}
