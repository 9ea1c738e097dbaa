import type { PoolClient } from 'pg';

import type { MasterSnapshot } from '@/lib/domain/snapshot';

import type { AgentNotBack } from './plan-gaps';
import { sanitize } from './sanitize';

/** Writes every framework the master lists, running ones and completed ones. */
export async function upsertFrameworks(
  client: PoolClient,
  clusterId: number,
  { frameworks }: MasterSnapshot,
  now: Date,
) {
  const rows = frameworks.map((one) => ({
    cluster_id: clusterId,
    framework_id: one.frameworkId,
    name: one.name,
    webui_url: one.webuiUrl,
    registered: one.registered,
    first_seen_at: now,
    last_seen_at: now,
  }));
  await client.query(
    `INSERT INTO framework SELECT DISTINCT ON (framework_id) * FROM json_populate_recordset(NULL::framework, $1::json)
     ORDER BY framework_id, registered DESC
     ON CONFLICT (cluster_id, framework_id) DO UPDATE SET name = excluded.name, webui_url = excluded.webui_url,
       registered = excluded.registered, last_seen_at = excluded.last_seen_at`,
    [JSON.stringify(sanitize(rows))],
  );
}

/** The listed agents as rows, with the tasks that run on each. */
export function agentRows(clusterId: number, snapshot: MasterSnapshot) {
  const running = new Map<string, number>();
  for (const task of snapshot.live) {
    if (task.state === 'TASK_RUNNING') running.set(task.agentId, (running.get(task.agentId) ?? 0) + 1);
  }
  return snapshot.agents.map((agent) => ({
    cluster_id: clusterId,
    agent_id: agent.agentId,
    hostname: agent.hostname,
    pid: agent.pid,
    port: agent.port,
    version: agent.version,
    active: agent.active,
    registered_at: agent.registeredAt,
    reregistered_at: agent.reregisteredAt,
    cpus: agent.cpus,
    mem_mb: agent.memMb,
    disk_mb: agent.diskMb,
    attributes: agent.attributes,
    tasks_running: running.get(agent.agentId) ?? 0,
  }));
}

/**
 * Writes agents that are new or changed; one that was gone is back. Of an agent that a new master only knows from the
 * registry (no time of registration) it tells neither address nor tasks: what was known stands until it is back.
 */
export async function upsertAgents(client: PoolClient, changed: ReturnType<typeof agentRows>, now: Date) {
  if (changed.length === 0) return;
  const rows = changed.map((row) => ({ ...row, first_seen_at: now, last_seen_at: now }));
  await client.query(
    `INSERT INTO agent SELECT DISTINCT ON (agent_id) * FROM json_populate_recordset(NULL::agent, $1::json)
     ON CONFLICT (cluster_id, agent_id) DO UPDATE SET hostname = excluded.hostname,
       pid = coalesce(excluded.pid, agent.pid), port = coalesce(excluded.port, agent.port),
       version = coalesce(excluded.version, agent.version), active = excluded.active,
       registered_at = excluded.registered_at, reregistered_at = excluded.reregistered_at, cpus = excluded.cpus,
       mem_mb = excluded.mem_mb, disk_mb = excluded.disk_mb, attributes = excluded.attributes,
       tasks_running = CASE WHEN excluded.registered_at IS NULL AND NOT excluded.active THEN agent.tasks_running
                       ELSE excluded.tasks_running END, last_seen_at = excluded.last_seen_at, gone_at = NULL`,
    [JSON.stringify(sanitize(rows))],
  );
}

/** Agents that a whole state no longer lists and that never came back to its master, with the tasks they last ran. */
export async function listNotBack(
  client: PoolClient,
  clusterId: number,
  { agents }: MasterSnapshot,
): Promise<AgentNotBack[]> {
  const { rows } = await client.query<AgentNotBack>(
    `SELECT hostname, tasks_running AS tasks FROM agent
     WHERE cluster_id = $1 AND gone_at IS NULL AND registered_at IS NULL AND NOT active AND tasks_running > 0
       AND NOT agent_id = ANY ($2::text[])
     ORDER BY tasks_running DESC, hostname`,
    [clusterId, agents.map(({ agentId }) => sanitize(agentId))],
  );
  return rows;
}

/** Marks agents that a whole state no longer lists. Never call it for a cut one. */
export async function markAgentsGone(
  client: PoolClient,
  clusterId: number,
  { agents }: MasterSnapshot,
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE agent SET gone_at = $2, active = false, tasks_running = 0
     WHERE cluster_id = $1 AND gone_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM unnest($3::text[]) AS listed (agent_id) WHERE listed.agent_id = agent.agent_id)`,
    [clusterId, now, agents.map(({ agentId }) => sanitize(agentId))],
  );
}
