import type { AppRate, HostRate, OverviewBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';
import { isSuspect } from '@/lib/domain/suspect';

import { listAppRates } from './app-rates';
import { chance } from './chance';
import { type ClusterScope, clustersInScope, idsOf, namesById, watchedClusters } from './cluster-scope';
import { causeCountsOf, totalsOf } from './end-counts';
import { type Fleet, fleetRate } from './fleet-rate';
import { healthVerdict } from './health-verdict';
import { listHostTrouble } from './host-conditions';
import { listHostRates } from './host-rates';
import { newestFailures } from './newest-failures';
import { type Failing, rankFailing } from './rank-failing';
import { listSurvivors } from './survivors';
import { readTimeline } from './timeline';
import { together } from './together';

const WEEK_MS = 7 * 24 * 3_600_000;
const MAX_ROWS = 8;
const MAX_NEWEST = 10;

export type OverviewInput = Window & { cluster?: string | undefined; pollIntervalMs: number };

/**
 * The front page: is the cluster healthy, and if not, where.
 *
 * Shape: `hosts` and `apps` hold only rows with failures, furthest above the rest first. `weekBefore` null: the
 * clusters were not watched for the whole of those hours. It ends a week before now where the window is not over. `tasksRunning` null: no agent is listed.
 * Errors: a database failure propagates; an unknown cluster is blind.
 * Cost: see timeline and rankFailing; whole rates only of the rows shown; the week before from the hourly rollup.
 */
export async function overview(db: Db, query: OverviewInput, now: Date): Promise<OverviewBody> {
  const { from, to } = query;
  const window = { from, to };
  const clusters = await clustersInScope(db, query.cluster);
  const [
    { body, counts },
    hostRanks,
    appRanks,
    weekBefore,
    { agents, tasksRunning },
    troubled,
    newest,
    survivors,
  ] = await together(db, [
    () => readTimeline(db, clusters, window, {}, now),
    () => rankFailing(db, clusters, window, 'host'),
    () => rankFailing(db, clusters, window, 'app'),
    () => readWeekBefore(db, clusters, window, now),
    () => countAgents(db, clusters),
    () => listHostTrouble(db, clusters, window, now),
    () => newestFailures(db, { ...window, cluster: query.cluster, limit: MAX_NEWEST }, now),
    () => listSurvivors(db, clusters, window),
  ]);
  const fleet = await fleetRate(db, clusters, window, {
    totals: totalsOf(counts),
    taskHours: hostRanks.taskHours,
  });
  const trouble = troubled.filter(({ tone }) => tone === 'bad');
  const [hosts, apps] = await together(db, [
    () => listWorstHosts(db, clusters, window, hostRanks.failing, fleet),
    () => listWorstApps(db, clusters, window, appRanks.failing),
  ]);
  const verdict = healthVerdict({
    now,
    ...window,
    firstPolledAt: firstPolledAt(clusters),
    lastPolledAt: lastPolledAt(clusters),
    pollIntervalMs: query.pollIntervalMs,
    rate: fleet.rate,
    weekBefore,
    topHost: mostFailed(hostRanks.failing),
    topApp: mostFailed(appRanks.failing),
    suspects: suspectsOf(hostRanks.failing, fleet, agents.listed),
  });
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    verdict,
    now: fleet.rate,
    weekBefore,
    timeline: body,
    causes: causeCountsOf(counts),
    hosts,
    apps,
    newest,
    agents,
    tasksRunning,
    trouble: trouble.slice(0, MAX_ROWS),
    troubleCount: trouble.length,
    survivors,
  };
}

async function listWorstHosts(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  failing: readonly Failing[],
  fleet: Fleet,
): Promise<HostRate[]> {
  const worst = failing.slice(0, MAX_ROWS);
  const rates = await listHostRates(db, clusters, window, { hosts: worst.map(({ name }) => name), fleet });
  const names = namesById(clusters);
  return rates.filter((rate) =>
    worst.some((one) => one.name === rate.hostname && names.get(one.clusterId) === rate.cluster),
  );
}

async function listWorstApps(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  failing: readonly Failing[],
): Promise<AppRate[]> {
  const worst = failing.slice(0, MAX_ROWS);
  const rates = await listAppRates(db, clusters, window, { apps: worst.map(({ name }) => name) });
  const names = namesById(clusters);
  return rates.filter((rate) =>
    worst.some((one) => one.name === rate.appId && names.get(one.clusterId) === rate.cluster),
  );
}

async function readWeekBefore(
  db: Db,
  clusters: readonly ClusterScope[],
  { from, to }: Window,
  now: Date,
): Promise<OverviewBody['weekBefore']> {
  if (from >= now) return null;
  // Of a window that still runs, what has passed: half a day is not held against a whole one.
  const passedMs = Math.min(to.getTime(), now.getTime());
  const window = { from: new Date(from.getTime() - WEEK_MS), to: new Date(passedMs - WEEK_MS) };
  const watched = watchedClusters(clusters);
  const isKnown =
    watched.length > 0 &&
    watched.every(({ firstPolledAt }) => firstPolledAt !== null && firstPolledAt <= window.from);
  return isKnown ? (await fleetRate(db, clusters, window)).rate : null;
}

/** When the first of the clusters was first read whole; null: none was. */
function firstPolledAt(clusters: readonly ClusterScope[]): Date | null {
  const times = clusters.map((cluster) => cluster.firstPolledAt).filter((time) => time !== null);
  return times.sort((a, b) => +a - +b)[0] ?? null;
}

/** Of the clusters still watched, the one read longest ago; null: one was never read, or there is none. */
function lastPolledAt(clusters: readonly ClusterScope[]): Date | null {
  const times = watchedClusters(clusters).map((cluster) => cluster.lastPolledAt);
  return times.includes(null)
    ? null
    : (times.filter((time) => time !== null).sort((a, b) => +a - +b)[0] ?? null);
}

function mostFailed(failing: readonly Failing[]): Failing | null {
  return failing.reduce<Failing | null>(
    (most, one) => (most && most.failed >= one.failed ? most : one),
    null,
  );
}

/** Names of hosts whose failures chance would not give, the least likely first. */
function suspectsOf(failing: readonly Failing[], fleet: Fleet, hostCount: number): string[] {
  const all = { failures: fleet.failedExposed, hours: fleet.rate.taskHours };
  return failing
    .map(({ name, failedExposed, taskHours }) => ({
      name,
      failed: failedExposed,
      chance: chance({ failures: failedExposed, hours: taskHours }, all),
    }))
    .filter((host) => isSuspect(host, hostCount))
    .sort((a, b) => (a.chance ?? 1) - (b.chance ?? 1))
    .map(({ name }) => name);
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
