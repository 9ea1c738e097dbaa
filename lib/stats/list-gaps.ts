import type { GapItem } from '@/lib/contracts/status';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf, namesById } from './cluster-scope';
import type { GapSpan } from './coverage';

type Row = {
  cluster_id: number;
  framework_id: string | null;
  kind: string;
  from_at: Date;
  to_at: Date;
  detail: string;
  agents_asked: number | null;
  agents_answered: number | null;
  refilled: number | null;
  refilled_at: Date | null;
};

/**
 * Recorded spans in which task ends may have escaped, of all time, one by one; newest first, at most `limit`.
 * Errors: a database failure propagates. Cost: an index range of `limit` rows a cluster.
 */
export async function listGaps(db: Db, clusters: readonly ClusterScope[], limit: number): Promise<GapItem[]> {
  const { rows } = await db.query<Row>(
    `SELECT newest.* FROM unnest($1::smallint[]) AS c (id)
     CROSS JOIN LATERAL (
       SELECT cluster_id, id, framework_id, kind, from_at, to_at, detail, agents_asked, agents_answered, refilled,
              refilled_at
       FROM gap WHERE cluster_id = c.id ORDER BY from_at DESC LIMIT $2
     ) AS newest
     ORDER BY from_at DESC, id LIMIT $2`,
    [idsOf(clusters), limit],
  );
  const names = namesById(clusters);
  return rows.map((row) => ({
    cluster: names.get(row.cluster_id) ?? '',
    frameworkId: row.framework_id,
    kind: row.kind,
    from: row.from_at.toISOString(),
    to: row.to_at.toISOString(),
    detail: row.detail,
    refill: toRefill(row),
  }));
}

function toRefill(row: Row): GapItem['refill'] {
  if (row.refilled === null && row.refilled_at === null) return null;
  return {
    ends: row.refilled ?? 0,
    agentsAsked: row.agents_asked,
    agentsAnswered: row.agents_answered,
    at: row.refilled_at?.toISOString() ?? null,
  };
}

/** How many gaps there are, by cluster and kind. Cost: one scan of a small table's index. */
export async function countGaps(
  db: Db,
  clusters: readonly ClusterScope[],
): Promise<{ cluster: string; kind: string; gaps: number }[]> {
  const { rows } = await db.query<{ cluster_id: number; kind: string; gaps: number }>(
    `SELECT cluster_id, kind, count(*)::int AS gaps FROM gap WHERE cluster_id = ANY ($1::smallint[])
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [idsOf(clusters)],
  );
  const names = namesById(clusters);
  return rows.map(({ cluster_id: id, ...row }) => ({ cluster: names.get(id) ?? '', ...row }));
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
  const { rows } = await db.query<
    Pick<Row, 'cluster_id' | 'kind' | 'from_at' | 'to_at' | 'detail'> & { gaps: number }
  >(
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
            (array_agg(detail || coalesce(
                '; the agents’ own histories gave ' || CASE refilled WHEN 0 THEN 'nothing' WHEN 1 THEN '1 end'
                  ELSE refilled || ' ends' END || ' back', '')
              ORDER BY from_at DESC, to_at DESC, id))[1] AS detail
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
