import type { StreamStatus } from '@/lib/contracts/status';
import type { Db } from '@/lib/db/pool';

import { clustersInScope, idsOf, namesById, watchedClusters } from './cluster-scope';
import { unseenAfter } from './coverage';
import { countGaps } from './list-gaps';
import { withoutCredentials } from './poll-history';
import { readReplica } from './read-replica';
import { countStoredEnds } from './stored-ends';
import { listStreams } from './streams';

export type CollectorTotals = {
  polls: {
    cluster: string;
    source: string;
    attempts: number;
    failures: number;
    /** Entries that could not be understood, counted again in each poll that met them. */
    rejected: number;
    /** Null: never. */
    lastSuccessAt: Date | null;
  }[];
  /** Not reopened. */
  ends: { cluster: string; state: string; disposition: string; ends: number }[];
  gaps: { cluster: string; kind: string; gaps: number }[];
  /** `isOpen`: no whole poll has been stored for over 6 minutes, so that ends may be escaping now. */
  openGaps: { cluster: string; isOpen: boolean }[];
  streams: StreamStatus[];
  /** By state: what escaped of the master that leads; what was counted and refused in all its lives. */
  ledger: { cluster: string; state: string; counted: number; refused: number; escaped: number }[];
  /** Null: there is no replica, or it is not known. */
  replicaLagSeconds: number | null;
};

/**
 * What a monitoring system counts, of all clusters and all time that is kept: the same from every replica.
 *
 * Errors: a database failure propagates. Cost: a few rows a source; see `countStoredEnds`; the number of gaps.
 */
export async function collectorTotals(db: Db, now: Date): Promise<CollectorTotals> {
  const clusters = await clustersInScope(db, undefined);
  const watched = watchedClusters(clusters);
  const names = namesById(clusters);
  const ends = await countStoredEnds(db, idsOf(clusters), now);
  return {
    polls: await countPolls(db),
    ends: ends.map(({ clusterId, ...one }) => ({ cluster: names.get(clusterId) ?? '', ...one })),
    gaps: await countGaps(db, clusters),
    openGaps: watched.map(({ name, lastPolledAt }) => ({
      cluster: name,
      isOpen:
        lastPolledAt === null || unseenAfter({ from: lastPolledAt, to: now }, lastPolledAt, now) !== null,
    })),
    streams: await listStreams(db, watched, now),
    ledger: await sumLedgers(db),
    replicaLagSeconds: (await readReplica(now))?.lagSeconds ?? null,
  };
}

async function countPolls(db: Db): Promise<CollectorTotals['polls']> {
  const { rows } = await db.query<{
    cluster: string;
    source: string;
    attempts: string;
    failures: string;
    rejected: string;
    last_success_at: Date | null;
  }>(
    `SELECT c.name AS cluster, p.source, p.attempts, p.failures, p.rejected, p.last_success_at
     FROM poll_total p JOIN cluster c ON c.id = p.cluster_id ORDER BY 1, 2`,
  );
  return rows.map((row) => ({
    cluster: row.cluster,
    source: withoutCredentials(row.source),
    attempts: Number(row.attempts),
    failures: Number(row.failures),
    rejected: Number(row.rejected),
    lastSuccessAt: row.last_success_at,
  }));
}

async function sumLedgers(db: Db): Promise<CollectorTotals['ledger']> {
  const { rows } = await db.query<CollectorTotals['ledger'][number]>(
    `SELECT c.name AS cluster, state, sum(greatest(counted - base - refused, 0))::float8 AS counted,
            sum(refused)::float8 AS refused,
            coalesce(sum(escaped) FILTER (WHERE l.elected_at = c.elected_at AND l.master_id = c.master_id), 0)::float8
              AS escaped
     FROM ledger l JOIN cluster c ON c.id = l.cluster_id GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  return rows;
}
