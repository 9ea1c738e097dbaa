import { z } from 'zod';

import type { AppDetailBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { toAppId } from './app-id';
import { listAppRates } from './app-rates';
import { type ClusterScope, clustersInScope, idsOf } from './cluster-scope';
import { causeCountsOf } from './end-counts';
import { fleetRate } from './fleet-rate';
import { newestFailures } from './newest-failures';
import { readTimeline } from './timeline';

const MAX_VERSIONS = 50;
const MAX_DEPLOYMENTS = 50;
const MAX_HOSTS = 100;
const MAX_NEWEST = 20;

export type AppDetailInput = Window & { appId: string; cluster?: string | undefined };
type App = { cluster: ClusterScope; appId: string };

/**
 * One Marathon app or pod: its rate, definition, versions, deployments, ends over time, hosts, newest failures.
 * `appId` with or without its leading slash. Null: neither Marathon nor any task end knows it.
 *
 * Shape: where several clusters know the id, the first by name answers; `cluster` chooses. `hosts`: most
 * failures first. `deployments`: those that touched it in the window or still run, newest first.
 * Errors: a database failure propagates.
 * Cost: index ranges of one app, and the fleet's rate.
 */
export async function appDetail(db: Db, query: AppDetailInput, now: Date): Promise<AppDetailBody | null> {
  const { from, to } = query;
  const app = await findApp(db, query);
  if (!app) return null;
  const { cluster, appId } = app;
  const clusters = [cluster];
  const fleet = await fleetRate(db, clusters, query);
  const [rate] = await listAppRates(db, clusters, query, { apps: [appId] });
  const { body, counts } = await readTimeline(db, clusters, query, { app: appId });
  const { definition, lastTaskFailure } = await readDefinition(db, app);
  return {
    rate: rate ?? quietRate(app),
    fleet: fleet.rate,
    from: from.toISOString(),
    to: to.toISOString(),
    definition,
    lastTaskFailure,
    timeline: body,
    causes: causeCountsOf(counts),
    versions: await listVersions(db, app, query),
    deployments: await listDeployments(db, app, query),
    hosts: await listHosts(db, app, query),
    newest: await newestFailures(db, { from, to, cluster: cluster.name, app: appId, limit: MAX_NEWEST }, now),
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

type DefinitionRow = {
  kind: string;
  version: string;
  instances: number;
  cpus: number | null;
  mem_mb: number | null;
  disk_mb: number | null;
  image: string | null;
  cmd: string | null;
  has_health_checks: boolean;
  kill_grace_seconds: number | null;
  last_scaling_at: Date | null;
  last_config_change_at: Date | null;
  tasks_healthy: number | null;
  tasks_unhealthy: number | null;
  tasks_staged: number | null;
  queue_count: number | null;
  queue_delay_seconds: number | null;
  queue_overdue: boolean | null;
  gone_at: Date | null;
  json: string | null;
  last_task_failure: unknown;
};

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
  db: Db,
  { cluster, appId }: App,
): Promise<Pick<AppDetailBody, 'definition' | 'lastTaskFailure'>> {
  const { rows } = await db.query<DefinitionRow>(
    `SELECT kind, version, instances, cpus, mem_mb, disk_mb, image, cmd, has_health_checks, kill_grace_seconds,
            last_scaling_at, last_config_change_at, tasks_healthy, tasks_unhealthy, tasks_staged, queue_count,
            queue_delay_seconds, queue_overdue, gone_at, jsonb_pretty(definition) AS json, last_task_failure
     FROM app WHERE cluster_id = $1 AND app_id = $2
     ORDER BY gone_at DESC NULLS FIRST, last_seen_at DESC LIMIT 1`,
    [cluster.id, appId],
  );
  const row = rows[0];
  if (!row) return { definition: null, lastTaskFailure: null };
  const definition = {
    kind: row.kind === 'pod' ? ('pod' as const) : ('app' as const),
    version: row.version,
    instances: row.instances,
    cpus: row.cpus,
    memMb: row.mem_mb,
    diskMb: row.disk_mb,
    image: row.image,
    cmd: row.cmd,
    hasHealthChecks: row.has_health_checks,
    killGraceSeconds: row.kill_grace_seconds,
    lastScalingAt: row.last_scaling_at?.toISOString() ?? null,
    lastConfigChangeAt: row.last_config_change_at?.toISOString() ?? null,
    tasksHealthy: row.tasks_healthy,
    tasksUnhealthy: row.tasks_unhealthy,
    tasksStaged: row.tasks_staged,
    queue:
      row.queue_count === null
        ? null
        : { count: row.queue_count, delaySeconds: row.queue_delay_seconds, overdue: row.queue_overdue },
    goneAt: row.gone_at?.toISOString() ?? null,
    json: row.json,
  };
  return { definition, lastTaskFailure: LastTaskFailure.parse(row.last_task_failure) };
}

type VersionRow = {
  version: string;
  created_at: Date;
  image: string | null;
  mem_mb: number | null;
  cpus: number | null;
  instances: number | null;
  ended: number;
  failed: number;
};

async function listVersions(
  db: Db,
  { cluster, appId }: App,
  window: Window,
): Promise<AppDetailBody['versions']> {
  const { rows } = await db.query<VersionRow>(
    `WITH ends AS (
       SELECT app_version, count(*)::int AS ended, (count(*) FILTER (WHERE disposition = 'failure'))::int AS failed
       FROM task_end
       WHERE cluster_id = $1 AND app_id = $2 AND finished_at >= $3 AND finished_at < $4 AND reopened_at IS NULL
       GROUP BY app_version
     )
     SELECT version, created_at, image, mem_mb, cpus, instances, coalesce(ended, 0) AS ended,
            coalesce(failed, 0) AS failed
     FROM app_version LEFT JOIN ends ON app_version = version
     WHERE cluster_id = $1 AND app_id = $2 ORDER BY created_at DESC, version LIMIT $5`,
    [cluster.id, appId, window.from, window.to, MAX_VERSIONS],
  );
  return rows.map((row) => ({
    version: row.version,
    createdAt: row.created_at.toISOString(),
    image: row.image,
    memMb: row.mem_mb,
    cpus: row.cpus,
    instances: row.instances,
    ended: row.ended,
    failed: row.failed,
  }));
}

const Actions = z.array(z.object({ action: z.string(), target: z.string() })).catch([]);

async function listDeployments(
  db: Db,
  { cluster, appId }: App,
  { from, to }: Window,
): Promise<AppDetailBody['deployments']> {
  const { rows } = await db.query<{
    deployment_id: string;
    actions: unknown;
    first_seen_at: Date;
    ended_at: Date | null;
  }>(
    `SELECT deployment_id, actions, first_seen_at, ended_at FROM deployment
     WHERE cluster_id = $1 AND $2 = ANY (affected_apps) AND first_seen_at < $4 AND (ended_at IS NULL OR ended_at >= $3)
     ORDER BY first_seen_at DESC, deployment_id LIMIT $5`,
    [cluster.id, appId, from, to, MAX_DEPLOYMENTS],
  );
  return rows.map((row) => ({
    deploymentId: row.deployment_id,
    actions: Actions.parse(row.actions),
    firstSeenAt: row.first_seen_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
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
