import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf } from './cluster-scope';
import type { GapSpan } from './coverage';

export type ListedGap = GapSpan & {
  frameworkId: string | null;
  kind: string;
  detail: string;
};

type Row = {
  cluster_id: number;
  framework_id: string | null;
  kind: string;
  from_at: Date;
  to_at: Date;
  detail: string;
};

/**
 * Recorded spans in which task ends may have escaped, of all time, one by one; newest first, at most `limit`.
 * Errors: a database failure propagates. Cost: one scan of a small table.
 */
export async function listGaps(
  db: Db,
  clusters: readonly ClusterScope[],
  limit: number,
): Promise<ListedGap[]> {
  const { rows } = await db.query<Row>(
    `SELECT cluster_id, framework_id, kind, from_at, to_at, detail FROM gap
     WHERE cluster_id = ANY ($1::smallint[]) ORDER BY from_at DESC, id LIMIT $2`,
    [idsOf(clusters), limit],
  );
  return rows.map((row) => ({
    clusterId: row.cluster_id,
    frameworkId: row.framework_id,
    kind: row.kind,
    from: row.from_at,
    to: row.to_at,
    detail: row.detail,
  }));
}

export type GapRun = GapSpan & { kind: string; detail: string };

/** Beyond it the oldest are left out; runs that do not touch are rare things. */
const MAX_RUNS = 500;

/**
 * The gaps that overlap the window, oldest first. Those of one cluster and kind that touch are one run: a storm is
 * recorded as a gap a poll and framework, and is one long gap to a reader.
 *
 * Shape: `detail` of a run is that of its last gap, with their number. Errors: a database failure propagates.
 * Cost: one scan of a small table, and a sort of those in the window.
 */
export async function listGapRuns(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
): Promise<GapRun[]> {
  const { rows } = await db.query<Row & { gaps: number }>(
    `WITH begun AS (
       SELECT *, from_at > max(to_at) OVER (PARTITION BY cluster_id, kind ORDER BY from_at, to_at, id
                                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS is_apart
       FROM gap WHERE cluster_id = ANY ($1::smallint[]) AND to_at > $2 AND from_at < $3
     ),
     numbered AS (
       SELECT *, count(*) FILTER (WHERE is_apart) OVER (PARTITION BY cluster_id, kind ORDER BY from_at, to_at, id) AS run
       FROM begun
     )
     SELECT cluster_id, kind, min(from_at) AS from_at, max(to_at) AS to_at, count(*)::int AS gaps,
            (array_agg(detail ORDER BY from_at DESC, to_at DESC, id))[1] AS detail
     FROM numbered GROUP BY cluster_id, kind, run ORDER BY from_at DESC, kind, cluster_id LIMIT $4`,
    [idsOf(clusters), window.from, window.to, MAX_RUNS],
  );
  return rows
    .map(({ cluster_id: clusterId, kind, from_at: from, to_at: to, gaps, detail }) => ({
      clusterId,
      kind,
      from,
      to,
      detail: gaps === 1 ? detail : `${gaps.toLocaleString('en')} gaps in a row, the last of them: ${detail}`,
    }))
    .reverse();
}

/** As charts and the review want them: times as text. */
export function gapItems(
  gaps: readonly (Window & { kind: string; detail: string })[],
): { from: string; to: string; kind: string; detail: string }[] {
  return gaps.map(({ from, to, kind, detail }) => ({
    from: from.toISOString(),
    to: to.toISOString(),
    kind,
    detail,
  }));
}
