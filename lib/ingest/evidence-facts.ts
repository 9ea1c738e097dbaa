import type { PoolClient } from 'pg';

import type { JvmFacts, JvmFlags, TiedSignal } from '@/lib/domain/evidence';
import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import type { TaskStatus } from '@/lib/domain/task';
import type { AnnouncedKill, Facts, MarathonContext } from '@/lib/domain/verdict';

import { announcedKillOf, type MarathonKnowledge, marathonContext } from './marathon-context';
import { killsNamed } from './marathon-kills';
import type { TaskEnd } from './task-end';

/** What surrounds stored ends, for diagnosing them again. */
export type EndSurroundings = {
  /** Watched Marathons as they were last read, by framework id; empty: none was yet. */
  marathons: ReadonlyMap<string, MarathonKnowledge>;
  /** By end id. */
  jvm: ReadonlyMap<string, JvmFacts>;
  /** The deployment that explained it when it was stored, by deployment id. */
  deployments: ReadonlyMap<string, { actions: string[]; startedAt: Date }>;
  /** Kills that a Marathon announced, by framework id and name, see `killNames`. */
  kills: ReadonlyMap<string, ReadonlyMap<string, AnnouncedKill>>;
};

/** Looks up what the diagnosis may want of these ends' apps, agents and deployments. Cost: four index lookups. */
export async function readSurroundings(
  client: PoolClient,
  clusterId: number,
  ends: readonly TaskEnd[],
  marathons: EndSurroundings['marathons'],
): Promise<EndSurroundings> {
  return {
    marathons,
    jvm: await readJvmFacts(client, clusterId, ends),
    deployments: await readDeployments(client, clusterId, ends),
    kills: await readKills(client, clusterId, ends),
  };
}

/** The facts of a stored end, as they were when it was diagnosed, with what logs tell of it now. */
export function factsOf(end: TaskEnd, evidence: readonly TiedSignal[], around: EndSurroundings): Facts {
  const jvm = around.jvm.get(end.id);
  return {
    state: end.state,
    reason: end.reason,
    source: end.source,
    message: end.message,
    healthy: end.healthy,
    statuses: end.statuses,
    everRan:
      end.statuses.length === 0
        ? null
        : end.statuses.some((status: TaskStatus) => status.state === 'TASK_RUNNING'),
    containerizer: end.containerizer,
    image: end.image,
    memMb: end.memMb,
    frameworkName: end.frameworkName,
    marathon: contextOf(end, around),
    finishedAt: end.finishedAt,
    evidence,
    ...(jvm ? { jvm } : {}),
  };
}

function contextOf(end: TaskEnd, { marathons, deployments, kills }: EndSurroundings): MarathonContext | null {
  if (end.appId === null) return null;
  const knowledge = marathons.get(end.frameworkId);
  const now = knowledge
    ? marathonContext(knowledge, { appId: end.appId, taskId: end.taskId, finishedAt: end.finishedAt })
    : null;
  const told = end.deploymentId === null ? undefined : deployments.get(end.deploymentId);
  const announcedKill = now?.announcedKill ?? announcedKillOf(kills.get(end.frameworkId), end);
  if (now === null && told === undefined && end.messageSource !== 'marathon' && announcedKill === null) {
    return null;
  }
  return {
    appId: end.appId,
    appExists: true,
    isService: true,
    lastConfigChangeAt: null,
    lastScalingAt: null,
    killGraceSeconds: null,
    ...now,
    // What Marathon has forgotten since stays what it was.
    deployment:
      now?.deployment ??
      (told && end.deploymentId !== null ? { deploymentId: end.deploymentId, ...told } : null),
    ownFailure:
      now?.ownFailure ??
      (end.messageSource === 'marathon' ? { state: end.state, message: end.message } : null),
    announcedKill,
  };
}

async function readKills(client: PoolClient, clusterId: number, ends: readonly TaskEnd[]) {
  const killed = ends.filter(({ appId }) => appId !== null);
  const names = killed.flatMap(({ frameworkId, taskId }) => {
    const instanceId = appOfTaskId(taskId)?.instanceId ?? null;
    return [taskId, ...(instanceId === null ? [] : [instanceId])].map((name) => ({ frameworkId, name }));
  });
  return await killsNamed(client, clusterId, names);
}

async function readJvmFacts(
  client: PoolClient,
  clusterId: number,
  ends: readonly TaskEnd[],
): Promise<Map<string, JvmFacts>> {
  const { rows } = await client.query<{
    id: string;
    flags: JvmFlags | null;
    cmd: string | null;
    image: string | null;
    hostMemMb: number | null;
  }>(
    `SELECT one.id, coalesce(v.jvm_flags, app.jvm_flags) AS flags, coalesce(v.cmd, app.cmd) AS cmd,
            coalesce(v.image, app.image) AS image, agent.mem_mb AS "hostMemMb"
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       AS one (id, framework_id, app_id, version, agent_id)
     LEFT JOIN app ON app.cluster_id = $1 AND app.framework_id = one.framework_id AND app.app_id = one.app_id
     LEFT JOIN app_version AS v ON v.cluster_id = $1 AND v.framework_id = one.framework_id
       AND v.app_id = one.app_id AND v.version = one.version AND v.definition IS NOT NULL
     LEFT JOIN agent ON agent.cluster_id = $1 AND agent.agent_id = one.agent_id`,
    [
      clusterId,
      ends.map(({ id }) => id),
      ends.map(({ frameworkId }) => frameworkId),
      ends.map(({ appId }) => appId),
      ends.map(({ appVersion }) => appVersion),
      ends.map(({ agentId }) => agentId),
    ],
  );
  const images = new Map(ends.map(({ id, image }) => [id, image]));
  return new Map(
    rows.map(({ id, flags, cmd, image, hostMemMb }) => [
      id,
      { flags: flags ?? [], image: images.get(id) ?? image, cmd, hostMemMb },
    ]),
  );
}

async function readDeployments(client: PoolClient, clusterId: number, ends: readonly TaskEnd[]) {
  const ids = [...new Set(ends.flatMap(({ deploymentId }) => deploymentId ?? []))];
  const found = new Map<string, { actions: string[]; startedAt: Date }>();
  if (ids.length === 0) return found;
  const { rows } = await client.query<{
    deployment_id: string;
    actions: { action: string; target: string }[];
    first_seen_at: Date;
  }>(
    'SELECT deployment_id, actions, first_seen_at FROM deployment WHERE cluster_id = $1 AND deployment_id = ANY($2::text[])',
    [clusterId, ids],
  );
  for (const row of rows) {
    found.set(row.deployment_id, {
      actions: row.actions.map(({ action, target }) => `${action} ${target}`),
      startedAt: row.first_seen_at,
    });
  }
  return found;
}
