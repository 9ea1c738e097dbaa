import type { PoolClient } from 'pg';

import type { MasterSnapshot } from '@/lib/domain/snapshot';

import { appIdOf, type MarathonKnowledge } from './marathon-context';
import type { Memory } from './memory';
import { type CondemnedApp, planStuckKills, type StuckKill } from './plan-stuck-kills';
import { sanitize } from './sanitize';

// An app that went longer ago and left a task behind is in `stuck_kill` already, and stays while it is open.
const GONE_APPS_KEPT = '7 days';
const MAX_KEY_BYTES = 2_560;

/**
 * Brings `stuck_kill` up to one whole state of the master, inside the caller's transaction, which must hold the
 * lease. A cut state proves no task gone and is passed over.
 * Cost: two index reads a poll, and one more where something is stuck.
 */
export async function applyStuckKills(
  client: PoolClient,
  clusterId: number,
  { snapshot, marathons, now }: MasterFacts,
  { hostnames, frameworkNames }: Pick<Memory, 'hostnames' | 'frameworkNames'>,
): Promise<void> {
  if (!snapshot.complete) return;
  const open = await openStuckKills(client, clusterId);
  const gone = await goneApps(client, clusterId);
  const isListed = ({ frameworkId, appId }: { frameworkId: string; appId: string }) =>
    marathons.get(frameworkId)?.apps.has(appId) ?? false;
  const { stuck, over } = planStuckKills({
    live: snapshot.live,
    condemned: [...gone.filter((app) => !isListed(app)), ...appsAtZero(marathons)],
    appIdOf: (task) =>
      appIdOf({
        ...task,
        frameworkName: frameworkNames.get(task.frameworkId) ?? null,
        watched: (frameworkId) => marathons.has(frameworkId),
      }),
    graceOf: (frameworkId, appId) =>
      appId === null
        ? null
        : (marathons.get(frameworkId)?.apps.get(appId)?.killGraceSeconds ??
          gone.find((app) => app.frameworkId === frameworkId && app.appId === appId)?.graceSeconds ??
          null),
    open,
    now,
  });
  const keyed = stuck.filter(isIndexable);
  if (keyed.length > 0) {
    const rows = keyed.map((one) => ({
      cluster_id: clusterId,
      framework_id: one.frameworkId,
      task_id: one.taskId,
      agent_id: one.agentId,
      since: one.since,
      kind: one.kind,
      host: hostnames.get(one.agentId) ?? null,
      app_id: one.appId,
      limit_seconds: one.limitSeconds,
      first_seen_at: now,
      last_seen_at: now,
      ended_at: null,
    }));
    await client.query(
      `INSERT INTO stuck_kill SELECT * FROM json_populate_recordset(NULL::stuck_kill, $1::json)
       ON CONFLICT (cluster_id, framework_id, task_id, agent_id, since) DO UPDATE SET
         last_seen_at = excluded.last_seen_at, ended_at = NULL`,
      [JSON.stringify(sanitize(rows))],
    );
  }
  if (over.length > 0) {
    await client.query(
      `UPDATE stuck_kill SET ended_at = $2 FROM json_to_recordset($3::json)
         AS over ("frameworkId" text, "taskId" text, "agentId" text, since timestamptz)
       WHERE cluster_id = $1 AND framework_id = over."frameworkId" AND task_id = over."taskId"
         AND agent_id = over."agentId" AND stuck_kill.since = over.since`,
      [clusterId, now, JSON.stringify(over)],
    );
  }
}

/** Three ids of the longest are more than Postgres takes as one key, and would cost the whole poll. */
function isIndexable({ frameworkId, taskId, agentId }: StuckKill): boolean {
  return Buffer.byteLength(`${frameworkId}${taskId}${agentId}`) <= MAX_KEY_BYTES;
}

type MasterFacts = {
  snapshot: MasterSnapshot;
  marathons: ReadonlyMap<string, MarathonKnowledge>;
  now: Date;
};

async function openStuckKills(client: PoolClient, clusterId: number): Promise<StuckKill[]> {
  const { rows } = await client.query<StuckKill>(
    `SELECT framework_id AS "frameworkId", task_id AS "taskId", agent_id AS "agentId", since, kind,
            app_id AS "appId", limit_seconds AS "limitSeconds"
     FROM stuck_kill WHERE cluster_id = $1 AND ended_at IS NULL`,
    [clusterId],
  );
  return rows;
}

/** `gone_at`: the first whole answer of Marathon without the app, so at most a poll after it was destroyed. */
async function goneApps(client: PoolClient, clusterId: number) {
  const { rows } = await client.query<CondemnedApp & { graceSeconds: number | null }>(
    `SELECT framework_id AS "frameworkId", app_id AS "appId", gone_at AS since,
            kill_grace_seconds AS "graceSeconds"
     FROM app WHERE cluster_id = $1 AND gone_at > now() - interval '${GONE_APPS_KEPT}'`,
    [clusterId],
  );
  return rows;
}

/**
 * Apps that are to run nothing. While a deployment of several apps runs, this one's turn to be killed may not
 * have come yet.
 */
function appsAtZero(marathons: ReadonlyMap<string, MarathonKnowledge>): CondemnedApp[] {
  return [...marathons.values()].flatMap(({ frameworkId, apps, deployments }) => {
    const waiting = new Set(
      deployments
        .filter(({ endedAt, affectedApps }) => endedAt === null && affectedApps.length > 1)
        .flatMap(({ affectedApps }) => affectedApps),
    );
    return [...apps.values()].flatMap(({ appId, instances, lastScalingAt, lastConfigChangeAt }) => {
      const since = lastScalingAt ?? lastConfigChangeAt;
      if (instances !== 0 || since === null || waiting.has(appId)) return [];
      return [{ frameworkId, appId, since }];
    });
  });
}
