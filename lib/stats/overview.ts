import type { HostRate, OverviewBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { listAppRates } from './app-rates';
import { type ClusterScope, clustersInScope, idsOf, watchedClusters } from './cluster-scope';
import { causeCountsOf, totalsOf } from './end-counts';
import { fleetRate } from './fleet-rate';
import { healthVerdict, SUSPECT_CHANCE } from './health-verdict';
import { listHostRates } from './host-rates';
import { newestFailures } from './newest-failures';
import { readTimeline } from './timeline';

const WEEK_MS = 7 * 24 * 3_600_000;
const MAX_ROWS = 8;
const MAX_NEWEST = 10;
/** Rows looked at for the top and the suspects; the page shows the first 8. */
const RATED = 5000;

export type OverviewInput = Window & { cluster?: string | undefined; pollIntervalMs: number };

/**
 * The front page: is the cluster healthy, and if not, where.
 *
 * Shape: `hosts` and `apps` hold only rows with failures, furthest above the rest first. `weekBefore` null: the
 * clusters were not watched for the whole of those hours. `tasksRunning` null: no agent is listed.
 * Errors: a database failure propagates; an unknown cluster is blind.
 * Cost: see timeline and hostRates; the week before comes from the hourly rollup.
 */
export async function overview(db: Db, query: OverviewInput, now: Date): Promise<OverviewBody> {
  const { from, to } = query;
  const window = { from, to };
  const clusters = await clustersInScope(db, query.cluster);
  const { body, counts } = await readTimeline(db, clusters, window, {});
  const fleet = await fleetRate(db, clusters, window, totalsOf(counts));
  const weekBefore = await readWeekBefore(db, clusters, window);
  const hosts = await listHostRates(db, clusters, window, fleet, { failedOnly: true, limit: RATED });
  const apps = await listAppRates(db, clusters, window, { failedOnly: true, limit: RATED });
  const verdict = healthVerdict({
    now,
    ...window,
    lastPolledAt: lastPolledAt(clusters),
    pollIntervalMs: query.pollIntervalMs,
    rate: fleet.rate,
    weekBefore,
    topHost: mostFailed(hosts.map((host) => ({ name: host.hostname, failed: host.failed }))),
    topApp: mostFailed(apps.map((app) => ({ name: app.appId, failed: app.failed }))),
    suspects: suspectsOf(hosts),
  });
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    verdict,
    now: fleet.rate,
    weekBefore,
    timeline: body,
    causes: causeCountsOf(counts),
    hosts: hosts.slice(0, MAX_ROWS),
    apps: apps.slice(0, MAX_ROWS),
    newest: await newestFailures(db, { ...window, cluster: query.cluster, limit: MAX_NEWEST }, now),
    ...(await countAgents(db, clusters)),
  };
}

async function readWeekBefore(
  db: Db,
  clusters: readonly ClusterScope[],
  { from, to }: Window,
): Promise<OverviewBody['weekBefore']> {
  const window = { from: new Date(from.getTime() - WEEK_MS), to: new Date(to.getTime() - WEEK_MS) };
  const watched = watchedClusters(clusters);
  const isKnown =
    watched.length > 0 &&
    watched.every(({ firstPolledAt }) => firstPolledAt !== null && firstPolledAt <= window.from);
  return isKnown ? (await fleetRate(db, clusters, window)).rate : null;
}

/** Of the clusters still watched, the one read longest ago; null: one was never read, or there is none. */
function lastPolledAt(clusters: readonly ClusterScope[]): Date | null {
  const times = watchedClusters(clusters).map((cluster) => cluster.lastPolledAt);
  return times.includes(null)
    ? null
    : (times.filter((time) => time !== null).sort((a, b) => +a - +b)[0] ?? null);
}

function mostFailed<Row extends { failed: number }>(rows: readonly Row[]): Row | null {
  return rows.reduce<Row | null>(
    (most, row) => (most === null || row.failed > most.failed ? row : most),
    null,
  );
}

function suspectsOf(hosts: readonly HostRate[]): string[] {
  return hosts
    .filter((host) => host.chance !== null && host.chance < SUSPECT_CHANCE)
    .sort((a, b) => (a.chance ?? 1) - (b.chance ?? 1))
    .map((host) => host.hostname);
}

async function countAgents(
  db: Db,
  clusters: readonly ClusterScope[],
): Promise<Pick<OverviewBody, 'agents' | 'tasksRunning'>> {
  const { rows } = await db.query<{ listed: number; inactive: number; running: number | null }>(
    `SELECT count(*)::int AS listed, (count(*) FILTER (WHERE NOT active))::int AS inactive,
            sum(tasks_running)::int AS running
     FROM agent WHERE cluster_id = ANY ($1::smallint[]) AND gone_at IS NULL`,
    [idsOf(watchedClusters(clusters))],
  );
  const { listed = 0, inactive = 0, running = null } = rows[0] ?? {};
  return { agents: { listed, inactive }, tasksRunning: running };
}
