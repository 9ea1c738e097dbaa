import type { Pool } from 'pg';
import { z } from 'zod';

import type { AppDetailBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';
import { prismaOn } from '@/lib/db/prisma';

import { toAppId } from './app-id';
import { appJvm } from './app-jvm';
import { appMemory, listOomDeaths } from './app-memory';
import { listAppRates } from './app-rates';
import { type ClusterScope, clustersInScope, idsOf } from './cluster-scope';
import { causeCountsOf } from './end-counts';
import { fleetRate } from './fleet-rate';
import { newestFailures } from './newest-failures';
import { listStuckKills } from './stuck-kills';
import { appSurvivors } from './survivors';
import { readTimeline } from './timeline';
import { together } from './together';

const MAX_VERSIONS = 50;
const MAX_DEPLOYMENTS = 50;
const MAX_HOSTS = 100;
const MAX_NEWEST = 20;

export type AppDetailInput = Window & { appId: string; cluster?: string | undefined };
type App = { cluster: ClusterScope; appId: string };

/**
 * One Marathon app or pod: its rate, definition, versions, deployments, ends over time, hosts, newest failures, its
 * memory, kernel kills that it survived, what the JVM advisor says, kills not obeyed.
 * `appId` with or without its leading slash. Null: neither Marathon nor any task end knows it.
 *
 * Shape: where several clusters know the id, the first by name answers; `cluster` chooses. `versions`: ends count
 * for the version in force when their task began; ends from before the first known version for none. `hosts`: most
 * failures first. `deployments`: those that touched it in the window or still run, newest first.
 * Errors: a database failure propagates.
 * Cost: index ranges of one app, and the fleet's rate.
 */
export async function appDetail(db: Pool, query: AppDetailInput, now: Date): Promise<AppDetailBody | null> {
  const { from, to } = query;
  const app = await findApp(db, query);
  if (!app) return null;
  const { cluster, appId } = app;
  const clusters = [cluster];
  const [fleet, [rate], { body, counts }, { definition, lastTaskFailure }, versions, deployments, hosts] =
    await together(db, [
      () => fleetRate(db, clusters, query),
      () => listAppRates(db, clusters, query, { apps: [appId] }),
      () => readTimeline(db, clusters, query, { app: appId }, now),
      () => readDefinition(db, app),
      () => listVersions(db, app, query),
      () => listDeployments(db, app, query),
      () => listHosts(db, app, query),
    ]);
  const [newest, survivors, memory, oomDeaths, jvm, stuckKills] = await together(db, [
    () => newestFailures(db, { from, to, cluster: cluster.name, app: appId, limit: MAX_NEWEST }, now),
    () => appSurvivors(db, cluster.id, appId, query),
    () => appMemory(db, cluster.id, appId, query),
    () => listOomDeaths(db, cluster.id, appId, query),
    () => appJvm(db, cluster.id, appId, now),
    () => listStuckKills(db, cluster, query, { appId }),
  ]);
  return {
    rate: rate ?? quietRate(app),
    fleet: fleet.rate,
    from: from.toISOString(),
    to: to.toISOString(),
    definition,
    lastTaskFailure,
    timeline: body,
    causes: causeCountsOf(counts),
    versions,
    deployments,
    hosts,
    newest,
    survivors,
    memory,
    oomDeaths,
    jvm,
    stuckKills,
  };
}

async function findApp(
  db: Db,
  { appId: text, cluster }: { appId: string; cluster?: string | undefined },
): Promise<App | null> {
  const appId = toAppId(text);
  const clusters = await clustersInScope(db, cluster);
  const { rows } = await db.query<{ id: number }>(
    `SELECT id FROM unnest($1::smallint[]) AS c (id)
     WHERE EXISTS (SELECT 1 FROM app WHERE cluster_id = c.id AND app_id = $2)
        OR EXISTS (SELECT 1 FROM task_end WHERE cluster_id = c.id AND app_id = $2)`,
    [idsOf(clusters), appId],
  );
  const found = clusters.find(({ id }) => rows.some((row) => row.id === id));
  return found ? { cluster: found, appId } : null;
}

/** Known from another time only: nothing ended or ran in the window, and Marathon never showed it. */
function quietRate({ appId, cluster }: App): AppDetailBody['rate'] {
  return {
    appId,
    cluster: cluster.name,
    ended: 0,
    failed: 0,
    killed: 0,
    oom: 0,
    failureShare: null,
    failuresPer1000TaskHours: null,
    taskHours: 0,
    lastFailureAt: null,
    topCause: null,
    frameworkName: null,
    exists: null,
    instances: null,
    tasksRunning: null,
    backedOff: false,
    memMb: null,
    image: null,
  };
}

const LastTaskFailure = z
  .object({
    taskId: z.string(),
    state: z.string(),
    message: z.string().nullable(),
    host: z.string().nullable(),
    at: z.iso.datetime({ offset: true }),
    version: z.string().nullable(),
  })
  .nullable()
  .catch(null);

async function readDefinition(
  db: Pool,
  { cluster, appId }: App,
): Promise<Pick<AppDetailBody, 'definition' | 'lastTaskFailure'>> {
  // The id may stand in several Marathons: what exists before what is gone, then what was seen last.
  const app = await prismaOn(db).app.findFirst({
    where: { clusterId: cluster.id, appId },
    orderBy: [{ goneAt: { sort: 'desc', nulls: 'first' } }, { lastSeenAt: 'desc' }],
  });
  if (!app) return { definition: null, lastTaskFailure: null };
  const definition = {
    kind: app.kind === 'pod' ? ('pod' as const) : ('app' as const),
    version: app.version,
    instances: app.instances,
    cpus: app.cpus,
    memMb: app.memMb,
    diskMb: app.diskMb,
    image: app.image,
    cmd: app.cmd,
    hasHealthChecks: app.hasHealthChecks,
    killGraceSeconds: app.killGraceSeconds,
    lastScalingAt: app.lastScalingAt?.toISOString() ?? null,
    lastConfigChangeAt: app.lastConfigChangeAt?.toISOString() ?? null,
    tasksHealthy: app.tasksHealthy,
    tasksUnhealthy: app.tasksUnhealthy,
    tasksStaged: app.tasksStaged,
    queue:
      app.queueCount === null
        ? null
        : { count: app.queueCount, delaySeconds: app.queueDelaySeconds, overdue: app.queueOverdue },
    goneAt: app.goneAt?.toISOString() ?? null,
    json: app.definition === null ? null : JSON.stringify(app.definition, null, 2),
  };
  return { definition, lastTaskFailure: LastTaskFailure.parse(app.lastTaskFailure) };
}

async function listVersions(db: Pool, app: App, window: Window): Promise<AppDetailBody['versions']> {
  const { cluster, appId } = app;
  const versions = await prismaOn(db).appVersion.findMany({
    where: { clusterId: cluster.id, appId },
    omit: { definition: true },
    orderBy: [{ createdAt: 'desc' }, { version: 'asc' }, { frameworkId: 'asc' }],
    take: MAX_VERSIONS,
  });
  const counts = await countByVersion(db, app, window);
  return versions.map((one) => {
    const counted = counts.find(
      (count) => count.version === one.version && count.framework_id === one.frameworkId,
    );
    return {
      version: one.version,
      createdAt: one.createdAt.toISOString(),
      image: one.image,
      memMb: one.memMb,
      cpus: one.cpus,
      instances: one.instances,
      ended: counted?.ended ?? 0,
      failed: counted?.failed ?? 0,
    };
  });
}

type VersionCount = { framework_id: string; version: string; ended: number; failed: number };

/**
 * Ends by the version that was in force when the task began. Not by `task_end.app_version` where the beginning is
 * known: that is what was known when the end was stored, and Marathon may have told of the version later.
 */
async function countByVersion(db: Db, { cluster, appId }: App, window: Window): Promise<VersionCount[]> {
  const { rows } = await db.query<VersionCount>(COUNT_BY_VERSION_SQL, [
    cluster.id,
    appId,
    window.from,
    window.to,
  ]);
  return rows;
}

const COUNT_BY_VERSION_SQL = `
  WITH versions AS (
    SELECT framework_id, version, created_at,
           row_number() OVER (PARTITION BY framework_id ORDER BY created_at, version) AS place
    FROM app_version WHERE cluster_id = $1 AND app_id = $2
  ),
  ends AS (
    SELECT framework_id, coalesce(first_status_at, started_at) AS began_at, app_version,
           disposition = 'failure' AS is_failure
    FROM task_end
    WHERE cluster_id = $1 AND app_id = $2 AND finished_at >= $3 AND finished_at < $4 AND reopened_at IS NULL
  ),
  -- Both in one row of time, so that each end sees the last version before it: one sort, however many versions.
  in_order AS (
    SELECT framework_id, is_failure, app_version,
           max(place) OVER (PARTITION BY framework_id ORDER BY at, is_failure NULLS FIRST ROWS UNBOUNDED PRECEDING)
             AS place
    FROM (
      SELECT framework_id, created_at AS at, NULL::boolean AS is_failure, NULL AS app_version, place FROM versions
      UNION ALL
      SELECT framework_id, began_at, is_failure, app_version, NULL FROM ends WHERE began_at IS NOT NULL
    ) moments
  ),
  placed AS (
    SELECT framework_id, is_failure, app_version, place FROM in_order WHERE is_failure IS NOT NULL
    UNION ALL
    SELECT framework_id, is_failure, app_version, NULL FROM ends WHERE began_at IS NULL
  ),
  named AS (
    SELECT p.framework_id, coalesce(v.version, p.app_version) AS version, p.is_failure
    FROM placed p LEFT JOIN versions v ON v.framework_id = p.framework_id AND v.place = p.place
  )
  SELECT framework_id, version, count(*)::int AS ended, (count(*) FILTER (WHERE is_failure))::int AS failed
  FROM named WHERE version IS NOT NULL GROUP BY framework_id, version`;

const Actions = z.array(z.object({ action: z.string(), target: z.string() })).catch([]);

async function listDeployments(
  db: Pool,
  { cluster, appId }: App,
  { from, to }: Window,
): Promise<AppDetailBody['deployments']> {
  const deployments = await prismaOn(db).deployment.findMany({
    where: {
      clusterId: cluster.id,
      affectedApps: { has: appId },
      firstSeenAt: { lt: to },
      OR: [{ endedAt: null }, { endedAt: { gte: from } }],
    },
    orderBy: [{ firstSeenAt: 'desc' }, { deploymentId: 'asc' }],
    take: MAX_DEPLOYMENTS,
  });
  return deployments.map((one) => ({
    deploymentId: one.deploymentId,
    actions: Actions.parse(one.actions),
    firstSeenAt: one.firstSeenAt.toISOString(),
    endedAt: one.endedAt?.toISOString() ?? null,
  }));
}

async function listHosts(
  db: Db,
  { cluster, appId }: App,
  { from, to }: Window,
): Promise<AppDetailBody['hosts']> {
  const { rows } = await db.query<AppDetailBody['hosts'][number]>(
    `SELECT host, count(*)::int AS ended,
            (count(*) FILTER (WHERE disposition = 'failure'))::int AS failed,
            (count(*) FILTER (WHERE disposition <> 'failure' AND state = 'TASK_KILLED'))::int AS killed
     FROM task_end
     WHERE cluster_id = $1 AND app_id = $2 AND finished_at >= $3 AND finished_at < $4 AND reopened_at IS NULL
     GROUP BY host ORDER BY failed DESC, ended DESC, host LIMIT $5`,
    [cluster.id, appId, from, to, MAX_HOSTS],
  );
  return rows;
}
