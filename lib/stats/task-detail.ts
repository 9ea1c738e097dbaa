import type { Pool } from 'pg';
import { z } from 'zod';

import { StatusItem, type TaskDetail, type TaskDetailBody, type TaskItem } from '@/lib/contracts/task';
import type { Db } from '@/lib/db/pool';
import { prismaOn } from '@/lib/db/prisma';

import { clustersInScope, namesById } from './cluster-scope';
import { taskEvidence } from './task-evidence';
import { TASK_ITEM_COLUMNS, type TaskItemRow, toTaskItem } from './task-item';
import { taskLinks } from './task-links';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_ENDS = 21;
/** A problem that comes back more often is told as so many. */
const MAX_COUNTED = 10_000;

export type TaskDetailInput = {
  cluster: string;
  taskId: string;
  /** Agent id; narrows where one task id ended more than once. */
  agent?: string | undefined;
  id?: string | undefined;
};

type DetailRow = TaskItemRow & {
  executor_id: string;
  app_version: string | null;
  source: string | null;
  message_source: string | null;
  healthy: boolean | null;
  image: string | null;
  containerizer: string | null;
  container_id: string | null;
  cpus: number | null;
  mem_mb: number | null;
  disk_mb: number | null;
  gpus: number | null;
  labels: unknown;
  statuses: unknown;
  because: unknown;
  advice: unknown;
  rule_id: string;
  deployment_id: string | null;
  observed_at: Date;
  revised_at: Date | null;
  revision: number;
};

/**
 * One task end whole: the newest of that task id, unless `agent` or `id` narrows. Null: no such end is stored.
 *
 * Shape: other ends of the id (20), the same problem elsewhere (10), failures on the host within 30 minutes
 * before and after (10), the deployment that explains it, links into the cluster's UIs, and all of taskEvidence.
 * Errors: a database failure propagates.
 * Cost: ten index lookups; the task id has no time, so it probes each month once.
 */
export async function taskDetail(
  db: Pool,
  query: TaskDetailInput,
  _now: Date,
): Promise<TaskDetailBody | null> {
  const [cluster] = await clustersInScope(db, query.cluster);
  if (!cluster) return null;
  const names = namesById([cluster]);
  const { rows } = await db.query<DetailRow>(
    `SELECT ${TASK_ITEM_COLUMNS}, executor_id, app_version, source, message_source, healthy, image, containerizer,
            container_id, cpus, mem_mb, disk_mb, gpus, labels, statuses, because, advice, rule_id, deployment_id,
            observed_at, revised_at, revision
     FROM task_end WHERE cluster_id = $1 AND task_id = $2
     -- The wanted one first, so that the limit cannot cut it off.
     ORDER BY ($3::uuid IS NULL OR id = $3) AND ($4::text IS NULL OR agent_id = $4) DESC, finished_at DESC, id DESC
     LIMIT $5`,
    [cluster.id, query.taskId, query.id ?? null, query.agent ?? null, MAX_ENDS],
  );
  const [row, ...others] = rows;
  // Postgres writes uuids in lower case, whatever was asked for.
  if (!row || (query.id !== undefined && row.id !== query.id.toLowerCase())) return null;
  if (query.agent !== undefined && row.agent_id !== query.agent) return null;
  return {
    task: toTaskDetail(row, names),
    otherEnds: others.map((other) => toTaskItem(other, names)),
    sameFingerprint: await readSameFingerprint(db, row, names),
    sameHost: await listSameHost(db, row, names),
    deployment: await readDeployment(db, row),
    links: await readLinks(db, row),
    ...(await taskEvidence(db, {
      clusterId: cluster.id,
      clusterName: cluster.name,
      endId: row.id,
      agentId: row.agent_id,
      hostname: row.hostname,
      finishedAt: row.finished_at,
    })),
  };
}

const Texts = z.array(z.string()).catch([]);
const Labels = z.record(z.string(), z.string()).catch({});

function toTaskDetail(row: DetailRow, names: ReadonlyMap<number, string>): TaskDetail {
  const { message_source: messageSource } = row;
  return {
    ...toTaskItem(row, names),
    executorId: row.executor_id,
    appVersion: row.app_version,
    source: row.source,
    messageSource: messageSource === 'mesos' || messageSource === 'marathon' ? messageSource : null,
    healthy: row.healthy,
    image: row.image,
    containerizer: row.containerizer,
    containerId: row.container_id,
    cpus: row.cpus,
    memMb: row.mem_mb,
    diskMb: row.disk_mb,
    gpus: row.gpus,
    labels: Labels.parse(row.labels),
    statuses: toStatuses(row.statuses),
    because: Texts.parse(row.because),
    advice: Texts.parse(row.advice),
    ruleId: row.rule_id,
    deploymentId: row.deployment_id,
    observedAt: row.observed_at.toISOString(),
    revisedAt: row.revised_at?.toISOString() ?? null,
    revision: row.revision,
  };
}

/** A status in a shape of another release is left out; the rest of the task stays readable. */
function toStatuses(statuses: unknown): TaskDetail['statuses'] {
  if (!Array.isArray(statuses)) return [];
  return statuses.flatMap((status) => {
    const parsed = StatusItem.safeParse(status);
    return parsed.success ? [parsed.data] : [];
  });
}

async function readSameFingerprint(
  db: Db,
  row: DetailRow,
  names: ReadonlyMap<number, string>,
): Promise<TaskDetailBody['sameFingerprint']> {
  const own = [row.cluster_id, row.fingerprint];
  const counted = await db.query<{ last_7d: number; first_seen: Date | null }>(
    `SELECT (SELECT count(*)::int FROM (
               SELECT 1 FROM task_end WHERE cluster_id = $1 AND fingerprint = $2
                 AND finished_at > $3 AND finished_at <= $4 AND reopened_at IS NULL LIMIT $5) AS of_week) AS last_7d,
            (SELECT finished_at FROM task_end WHERE cluster_id = $1 AND fingerprint = $2
             ORDER BY finished_at LIMIT 1) AS first_seen`,
    [...own, new Date(row.finished_at.getTime() - 7 * DAY_MS), row.finished_at, MAX_COUNTED],
  );
  const recent = await db.query<TaskItemRow>(
    `SELECT ${TASK_ITEM_COLUMNS} FROM task_end
     WHERE cluster_id = $1 AND fingerprint = $2 AND reopened_at IS NULL AND id <> $3
     ORDER BY finished_at DESC, id DESC LIMIT 10`,
    [...own, row.id],
  );
  return {
    last7d: counted.rows[0]?.last_7d ?? 0,
    firstSeenAt: counted.rows[0]?.first_seen?.toISOString() ?? null,
    recent: recent.rows.map((other) => toTaskItem(other, names)),
  };
}

async function listSameHost(db: Db, row: DetailRow, names: ReadonlyMap<number, string>): Promise<TaskItem[]> {
  const atMs = row.finished_at.getTime();
  const { rows } = await db.query<TaskItemRow>(
    `SELECT ${TASK_ITEM_COLUMNS} FROM task_end
     WHERE cluster_id = $1 AND host = $2 AND finished_at >= $3 AND finished_at <= $4
       AND disposition = 'failure' AND reopened_at IS NULL AND id <> $5
     ORDER BY finished_at DESC, id DESC LIMIT 10`,
    [row.cluster_id, row.host, new Date(atMs - HOUR_MS / 2), new Date(atMs + HOUR_MS / 2), row.id],
  );
  return rows.map((other) => toTaskItem(other, names));
}

const Actions = z.array(z.object({ action: z.string(), target: z.string() })).catch([]);

async function readDeployment(db: Pool, row: DetailRow): Promise<TaskDetailBody['deployment']> {
  if (row.deployment_id === null) return null;
  const found = await prismaOn(db).deployment.findUnique({
    where: { clusterId_deploymentId: { clusterId: row.cluster_id, deploymentId: row.deployment_id } },
  });
  if (!found) return null;
  return {
    deploymentId: found.deploymentId,
    actions: Actions.parse(found.actions),
    firstSeenAt: found.firstSeenAt.toISOString(),
    endedAt: found.endedAt?.toISOString() ?? null,
  };
}

async function readLinks(db: Pool, row: DetailRow): Promise<TaskDetailBody['links']> {
  const { cluster_id: clusterId, agent_id: agentId, framework_id: frameworkId } = row;
  const found = await prismaOn(db).cluster.findUnique({
    where: { id: clusterId },
    select: {
      masterUrl: true,
      masterVersion: true,
      agents: { where: { agentId, goneAt: null }, select: { agentId: true } },
      frameworks: { where: { frameworkId }, select: { webuiUrl: true } },
    },
  });
  return taskLinks({
    masterUrl: found?.masterUrl ?? null,
    masterVersion: found?.masterVersion ?? null,
    listedAgentId: found?.agents[0]?.agentId ?? null,
    marathonUrl: found?.frameworks[0]?.webuiUrl ?? null,
    appId: row.app_id,
  });
}
