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

/** A gap is a rare thing; more than this in one window is one long gap to a reader. */
const MAX_GAPS = 500;

/**
 * Spans in which task ends may have escaped, that overlap the window; newest first, at most `limit`.
 * A null `window`: of all time. Errors: a database failure propagates. Cost: one scan of a small table.
 */
export async function listGaps(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window | null,
  limit: number = MAX_GAPS,
): Promise<ListedGap[]> {
  const { rows } = await db.query<Row>(
    `SELECT cluster_id, framework_id, kind, from_at, to_at, detail FROM gap
     WHERE cluster_id = ANY ($1::smallint[])
       AND ($2::timestamptz IS NULL OR to_at > $2) AND ($3::timestamptz IS NULL OR from_at < $3)
     ORDER BY from_at DESC, id LIMIT $4`,
    [idsOf(clusters), window?.from ?? null, window?.to ?? null, limit],
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

/** As charts and the review want them: oldest first, times as text. */
export function gapItems(
  gaps: readonly ListedGap[],
): { from: string; to: string; kind: string; detail: string }[] {
  return gaps
    .map(({ from, to, kind, detail }) => ({ from: from.toISOString(), to: to.toISOString(), kind, detail }))
    .reverse();
}
