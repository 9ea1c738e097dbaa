import type { FleetRate } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import type { ClusterScope } from './cluster-scope';
import { countEnds, type EndTotals, totalsOf } from './end-counts';
import { ALL_TASK_HOURS_SQL, per1000Hours, shareOf, taskHoursParams } from './exposure';

export type Fleet = {
  rate: FleetRate;
  /** Failures since task-hours were counted: what may be divided by them. */
  failedExposed: number;
};

/**
 * All task ends of the clusters in [from, to), and their rate over all task-hours.
 *
 * Shape: zeros and null rates where nothing is known. `known`: what the caller has counted already.
 * Errors: a database failure propagates.
 * Cost: the hourly rollup; unless the task-hours are known, a row a host and day, and of half a day at most one a host
 * and hour.
 */
export async function fleetRate(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  known: { totals?: EndTotals; taskHours?: number } = {},
): Promise<Fleet> {
  const totals = known.totals ?? totalsOf(await countEnds(db, clusters, window, { stepMs: null }));
  const taskHours = known.taskHours ?? (await readTaskHours(db, clusters, window));
  const failedExposed = await countExposedFailures(db, clusters, window, totals.failed);
  return {
    rate: {
      ...totals,
      failureShare: shareOf(totals.failed, totals.ended),
      failuresPer1000TaskHours: per1000Hours(failedExposed, taskHours),
      taskHours,
    },
    failedExposed,
  };
}

async function readTaskHours(db: Db, clusters: readonly ClusterScope[], window: Window): Promise<number> {
  const { rows } = await db.query<{ hours: number }>(ALL_TASK_HOURS_SQL, taskHoursParams(clusters, window));
  return rows[0]?.hours ?? 0;
}

async function countExposedFailures(
  db: Db,
  clusters: readonly ClusterScope[],
  { from, to }: Window,
  failed: number,
): Promise<number> {
  if (clusters.every(({ exposedFrom }) => exposedFrom !== null && exposedFrom <= from)) return failed;
  let exposed = 0;
  for (const cluster of clusters) {
    if (cluster.exposedFrom === null || cluster.exposedFrom >= to) continue;
    const cut = { from: cluster.exposedFrom > from ? cluster.exposedFrom : from, to };
    exposed += totalsOf(await countEnds(db, [cluster], cut, { stepMs: null })).failed;
  }
  return exposed;
}
