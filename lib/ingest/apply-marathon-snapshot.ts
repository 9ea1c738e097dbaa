import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import type { MarathonSnapshot } from '@/lib/domain/snapshot';

import { assertLease, type Lease } from './lease';
import type { MarathonKnowledge, SeenDeployment } from './marathon-context';
import { killsOf } from './marathon-kills';
import { forgetEnds, type Memory, rememberVersions } from './memory';
import { insertPollRun } from './poll-run';
import { sanitize } from './sanitize';
import { changedRowsInSlices } from './written-rows';

export type MarathonPoll = { snapshot: MarathonSnapshot; source: string; startedAt: Date; now: Date };

// Deployments that ended longer ago explain no end that is still offered as news.
const DEPLOYMENT_MEMORY_MS = 8 * 86_400_000;

/**
 * Writes what one poll of one Marathon told, in one transaction under the lease: apps and their versions,
 * deployments (those no longer listed have ended), the poll_run row. Answers what the diagnosis may use.
 * Throws LEASE_LOST; database errors propagate.
 */
export async function applyMarathonSnapshot(
  pool: Pool,
  lease: Lease,
  memory: Memory,
  poll: MarathonPoll,
): Promise<MarathonKnowledge> {
  const { snapshot, now } = poll;
  const { clusterId } = lease;
  const { frameworkId } = snapshot;
  const apps = await changedRowsInSlices(
    memory.appRows.get(frameworkId) ?? new Map(),
    appRows(clusterId, snapshot),
    {
      keyOf: (row) => row.app_id,
      now,
      keepUnlisted: isPartial(snapshot),
    },
  );
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    await upsertApps(client, apps.changed, now);
    await upsertVersions(client, apps.changed, now);
    // Entries that could not be read may be apps we know: then nothing is called gone.
    if (!isPartial(snapshot)) await markAppsGone(client, clusterId, snapshot, now);
    await upsertDeployments(client, clusterId, snapshot, now);
    await insertPollRun(client, {
      clusterId,
      source: poll.source,
      startedAt: poll.startedAt,
      finishedAt: now,
      url: snapshot.url,
      ok: true,
      bytes: snapshot.bytes,
      tasksRead: null,
      endsNew: null,
      endsRevised: null,
      rejects: snapshot.rejects,
      warnings: snapshot.warnings,
    });
  });
  memory.appRows.set(frameworkId, apps.written);
  if (!memory.watched.has(frameworkId)) {
    memory.watched.add(frameworkId);
    // Ends stored while this Marathon could not be read have no app, no version, and no explanation.
    forgetEnds(memory, (task) => task.frameworkId === frameworkId);
  }
  for (const app of snapshot.apps) {
    rememberVersions(memory, {
      frameworkId: snapshot.frameworkId,
      appId: app.appId,
      created: [instantOf(app.version), app.lastConfigChangeAt].filter((at) => at !== null),
    });
  }
  if (!hasFailed(snapshot, 'deployments_unavailable')) rememberDeployments(memory, snapshot, now);
  return knowledgeOf(memory, snapshot);
}

/** Stores versions of an app known by name only, as Marathon lists them. */
export async function applyAppVersions(
  pool: Pool,
  lease: Lease,
  memory: Memory,
  app: { frameworkId: string; appId: string; versions: readonly string[]; now: Date },
): Promise<void> {
  const known = app.versions.flatMap((version) => {
    const createdAt = instantOf(version);
    return createdAt ? [{ version, createdAt }] : [];
  });
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    await client.query(
      `INSERT INTO app_version (cluster_id, framework_id, app_id, version, created_at, first_seen_at)
       SELECT $1, $2, $3, version, created_at, $6 FROM unnest($4::text[], $5::timestamptz[]) AS v (version, created_at)
       ON CONFLICT DO NOTHING`,
      [
        lease.clusterId,
        app.frameworkId,
        app.appId,
        known.map(({ version }) => version),
        known.map(({ createdAt }) => createdAt),
        app.now,
      ],
    );
  });
  rememberVersions(memory, { ...app, created: known.map(({ createdAt }) => createdAt) });
}

function knowledgeOf(memory: Memory, snapshot: MarathonSnapshot): MarathonKnowledge {
  return {
    frameworkId: snapshot.frameworkId,
    apps: new Map(snapshot.apps.map((app) => [app.appId, app])),
    deployments: memory.deployments.filter(({ frameworkId }) => frameworkId === snapshot.frameworkId),
    // The live map, so that versions fetched later in the same cycle are seen.
    versions: versionsOf(memory, snapshot.frameworkId),
    kills: killsOf(memory.kills, snapshot.frameworkId),
  };
}

function versionsOf(memory: Memory, frameworkId: string): Map<string, Date[]> {
  const versions = memory.versions.get(frameworkId) ?? new Map<string, Date[]>();
  memory.versions.set(frameworkId, versions);
  return versions;
}

function rememberDeployments(
  memory: Memory,
  { deployments, frameworkId }: MarathonSnapshot,
  now: Date,
): void {
  const listed = new Map(deployments.map((one) => [one.deploymentId, one]));
  const kept: SeenDeployment[] = memory.deployments
    .filter((seen) => !seen.endedAt || seen.endedAt.getTime() > now.getTime() - DEPLOYMENT_MEMORY_MS)
    .map((seen) =>
      seen.frameworkId === frameworkId && !seen.endedAt && !listed.has(seen.deploymentId)
        ? { ...seen, endedAt: now }
        : // A Marathon that just took over lists none for a moment.
          seen.endedAt && listed.has(seen.deploymentId)
          ? { ...seen, endedAt: null }
          : seen,
    );
  const known = new Set(kept.map(({ deploymentId }) => deploymentId));
  memory.deployments = kept.concat(
    deployments
      .filter(({ deploymentId }) => !known.has(deploymentId))
      .map((one) => ({
        deploymentId: one.deploymentId,
        frameworkId,
        version: one.version,
        affectedApps: [...one.affectedApps, ...one.affectedPods],
        actions: one.actions,
        firstSeenAt: now,
        endedAt: null,
      })),
  );
}

async function upsertApps(client: PoolClient, changed: ReturnType<typeof appRows>, now: Date) {
  if (changed.length === 0) return;
  const rows = changed.map((row) => ({ ...row, first_seen_at: now, last_seen_at: now, gone_at: null }));
  await client.query(
    `INSERT INTO app SELECT DISTINCT ON (app_id) * FROM json_populate_recordset(NULL::app, $1::json)
     ON CONFLICT (cluster_id, framework_id, app_id) DO UPDATE SET
       (kind, version, instances, cpus, mem_mb, disk_mb, image, cmd, has_health_checks, labels, last_scaling_at,
        last_config_change_at, kill_grace_seconds, tasks_running, tasks_healthy, tasks_unhealthy, tasks_staged,
        queue_count, queue_delay_seconds, queue_overdue, last_task_failure, definition, jvm_flags, last_seen_at,
        gone_at) =
       (excluded.kind, excluded.version, excluded.instances, excluded.cpus, excluded.mem_mb, excluded.disk_mb,
        excluded.image, excluded.cmd, excluded.has_health_checks, excluded.labels, excluded.last_scaling_at,
        excluded.last_config_change_at, excluded.kill_grace_seconds, excluded.tasks_running, excluded.tasks_healthy,
        excluded.tasks_unhealthy, excluded.tasks_staged, excluded.queue_count, excluded.queue_delay_seconds,
        excluded.queue_overdue, excluded.last_task_failure, excluded.definition, excluded.jvm_flags,
        excluded.last_seen_at, NULL)`,
    [JSON.stringify(sanitize(rows))],
  );
}

async function upsertVersions(client: PoolClient, changed: ReturnType<typeof appRows>, now: Date) {
  if (changed.length === 0) return;
  // A version first known by its name gets its content once it is the current one.
  const versions = changed.map((row) => ({
    cluster_id: row.cluster_id,
    framework_id: row.framework_id,
    app_id: row.app_id,
    version: row.version,
    created_at: instantOf(row.version) ?? row.last_config_change_at ?? now,
    instances: row.instances,
    cpus: row.cpus,
    mem_mb: row.mem_mb,
    image: row.image,
    cmd: row.cmd,
    definition: row.definition,
    jvm_flags: row.jvm_flags,
    first_seen_at: now,
  }));
  await client.query(
    `INSERT INTO app_version
     SELECT DISTINCT ON (app_id) * FROM json_populate_recordset(NULL::app_version, $1::json)
     ON CONFLICT (cluster_id, framework_id, app_id, version) DO UPDATE SET
       instances = excluded.instances, cpus = excluded.cpus, mem_mb = excluded.mem_mb, image = excluded.image,
       cmd = excluded.cmd, definition = excluded.definition, jvm_flags = excluded.jvm_flags
     WHERE app_version.definition IS NULL AND excluded.definition IS NOT NULL OR app_version.jvm_flags IS NULL`,
    [JSON.stringify(sanitize(versions))],
  );
}

async function markAppsGone(
  client: PoolClient,
  clusterId: number,
  { frameworkId, apps }: MarathonSnapshot,
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE app SET gone_at = $3 WHERE cluster_id = $1 AND framework_id = $2 AND gone_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM unnest($4::text[]) AS listed (app_id) WHERE listed.app_id = app.app_id)`,
    [clusterId, frameworkId, now, apps.map(({ appId }) => sanitize(appId))],
  );
}

/** Some apps may be missing from the snapshot. */
function isPartial(snapshot: MarathonSnapshot): boolean {
  return snapshot.rejects.count > 0 || hasFailed(snapshot, 'pods_unavailable');
}

function appRows(clusterId: number, snapshot: MarathonSnapshot) {
  const queue = new Map(snapshot.queue.map((item) => [item.appId, item]));
  return snapshot.apps.map((app) => ({
    cluster_id: clusterId,
    framework_id: snapshot.frameworkId,
    app_id: app.appId,
    kind: app.kind,
    version: app.version,
    instances: app.instances,
    cpus: app.cpus,
    mem_mb: app.memMb,
    disk_mb: app.diskMb,
    image: app.image,
    cmd: app.cmd,
    has_health_checks: app.hasHealthChecks,
    labels: app.labels,
    last_scaling_at: app.lastScalingAt,
    last_config_change_at: app.lastConfigChangeAt,
    kill_grace_seconds: app.killGraceSeconds,
    tasks_running: app.tasksRunning,
    tasks_healthy: app.tasksHealthy,
    tasks_unhealthy: app.tasksUnhealthy,
    tasks_staged: app.tasksStaged,
    queue_count: queue.get(app.appId)?.count ?? null,
    queue_delay_seconds: queue.get(app.appId)?.delaySeconds ?? null,
    queue_overdue: queue.get(app.appId)?.overdue ?? null,
    last_task_failure: app.lastTaskFailure,
    definition: app.definition,
    jvm_flags: app.jvmFlags,
  }));
}

async function upsertDeployments(
  client: PoolClient,
  clusterId: number,
  snapshot: MarathonSnapshot,
  now: Date,
) {
  if (hasFailed(snapshot, 'deployments_unavailable')) return;
  const rows = snapshot.deployments.map((one) => ({
    cluster_id: clusterId,
    deployment_id: one.deploymentId,
    framework_id: snapshot.frameworkId,
    version: one.version,
    affected_apps: [...one.affectedApps, ...one.affectedPods],
    actions: one.actions,
    current_step: one.currentStep,
    total_steps: one.totalSteps,
    first_seen_at: now,
    last_seen_at: now,
    ended_at: null,
  }));
  await client.query(
    `INSERT INTO deployment SELECT DISTINCT ON (deployment_id) * FROM json_populate_recordset(NULL::deployment, $1::json)
     ON CONFLICT (cluster_id, deployment_id) DO UPDATE SET actions = excluded.actions,
       current_step = excluded.current_step, total_steps = excluded.total_steps,
       last_seen_at = excluded.last_seen_at, ended_at = NULL`,
    [JSON.stringify(sanitize(rows))],
  );
  await client.query(
    `UPDATE deployment SET ended_at = $3
     WHERE cluster_id = $1 AND framework_id = $2 AND last_seen_at < $3 AND ended_at IS NULL`,
    [clusterId, snapshot.frameworkId, now],
  );
}

function hasFailed(snapshot: MarathonSnapshot, code: string): boolean {
  return snapshot.warnings.some((warning) => warning.code === code);
}

// 1970 stands for an app that told no version.
function instantOf(version: string): Date | null {
  const ms = Date.parse(version);
  return ms > 0 ? new Date(ms) : null;
}
