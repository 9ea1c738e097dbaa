import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, watchedClusters } from './cluster-scope';
import { gapItems, listGapRuns } from './list-gaps';
import { unwatchedSpans } from './unwatched';

/**
 * Spans of a window in which task ends may be missing, recorded gaps and time that nobody watched alike, oldest first.
 * Errors: a database failure propagates. Cost: see `listGapRuns`.
 */
export async function missingSpans(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  now: Date,
): Promise<ReturnType<typeof gapItems>> {
  const gaps = await listGapRuns(db, clusters, window);
  const unwatched = unwatchedSpans(window, watchedClusters(clusters), now);
  return gapItems([...gaps, ...unwatched].sort((a, b) => a.from.getTime() - b.from.getTime()));
}
