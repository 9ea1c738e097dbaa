import type { Db } from '@/lib/db/pool';

import { withoutCredentials } from './poll-history';

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
};

type PollRow = {
  cluster: string;
  source: string;
  attempts: number;
  failures: number;
  rejected: number;
  last_success: Date | null;
};

/**
 * What a monitoring system counts, of all clusters and all time that is kept: the same from every replica.
 *
 * Errors: a database failure propagates. Cost: one scan of poll_run (some 3,000 rows a source and day), which
 * dominates; the hourly rollup; the gaps.
 */
export async function collectorTotals(db: Db): Promise<CollectorTotals> {
  const polls = await db.query<PollRow>(
    `SELECT c.name AS cluster, p.source, count(*)::int AS attempts, (count(*) FILTER (WHERE NOT p.ok))::int AS failures,
            sum(p.rejected)::int AS rejected, max(p.finished_at) FILTER (WHERE p.ok) AS last_success
     FROM poll_run p JOIN cluster c ON c.id = p.cluster_id GROUP BY c.name, p.source ORDER BY 1, 2`,
  );
  const ends = await db.query<CollectorTotals['ends'][number]>(
    `SELECT c.name AS cluster, r.state, r.disposition, sum(r.ends)::int AS ends
     FROM rollup_hour r JOIN cluster c ON c.id = r.cluster_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  );
  const gaps = await db.query<CollectorTotals['gaps'][number]>(
    `SELECT c.name AS cluster, kind, count(*)::int AS gaps
     FROM gap JOIN cluster c ON c.id = gap.cluster_id GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  return {
    polls: polls.rows.map(({ last_success: lastSuccessAt, ...row }) => ({
      ...row,
      source: withoutCredentials(row.source),
      lastSuccessAt,
    })),
    ends: ends.rows,
    gaps: gaps.rows,
  };
}
