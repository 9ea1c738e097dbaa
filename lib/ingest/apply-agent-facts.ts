import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';

import { assertLease, type Lease } from './lease';
import { sanitize } from './sanitize';

export type ContainerRow = {
  containerId: string;
  dockerId: string | null;
  pid: number | null;
  frameworkId: string | null;
  taskId: string | null;
  agentId: string | null;
  host: string | null;
  appId: string | null;
  memLimitBytes: number | null;
  /** `status` knows the first process of a Docker container, which agents do not tell. */
  toldBy: 'agent' | 'status';
  seenAt: Date;
};

export type ContactRow = {
  agentId: string;
  askedAt: Date;
  /** Null: it did not answer. */
  answeredAt: Date | null;
  errorCode: string | null;
  skewMs: number | null;
  containers: number | null;
};

export type AppMemoryRow = {
  appId: string;
  /** Start of 5 minutes. */
  at: Date;
  maxBytes: number;
  meanBytes: number;
  limitBytes: number | null;
  tasks: number;
};

export type TaskMemoryRow = { endId: string; limitBytes: number | null; samples: [number, number][] };

export type AgentFacts = {
  containers: readonly ContainerRow[];
  contacts: readonly ContactRow[];
  appMemory: readonly AppMemoryRow[];
  taskMemory: readonly TaskMemoryRow[];
};

const BATCH_ROWS = 2_000;

/**
 * Writes what agents and status updates told of containers and their memory, in one transaction under the lease.
 * Writing the same again changes nothing. Within each list a later row of the same key wins; of a container, what a
 * status update told beside what its agent told.
 * Throws LEASE_LOST; database errors propagate.
 */
export async function applyAgentFacts(pool: Pool, lease: Lease, facts: AgentFacts): Promise<void> {
  const { clusterId } = lease;
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    // One statement each, as none may touch a row twice.
    for (const teller of ['agent', 'status'] as const) {
      const told = facts.containers.filter(({ toldBy }) => toldBy === teller);
      await write(client, CONTAINERS, containerRows(clusterId, told));
    }
    await write(
      client,
      CONTACTS,
      lastOf(facts.contacts, (row) => row.agentId).map((row) => ({
        cluster_id: clusterId,
        agent_id: row.agentId,
        asked_at: row.askedAt,
        answered_at: row.answeredAt,
        error_code: row.errorCode,
        skew_ms: row.skewMs,
        containers: row.containers,
      })),
    );
    await write(
      client,
      APP_MEMORY,
      lastOf(facts.appMemory, (row) => `${row.at.getTime()} ${row.appId}`).map((row) => ({
        cluster_id: clusterId,
        app_id: row.appId,
        at: row.at,
        max_bytes: row.maxBytes,
        mean_bytes: row.meanBytes,
        limit_bytes: row.limitBytes,
        tasks: row.tasks,
      })),
    );
    await write(
      client,
      TASK_MEMORY,
      lastOf(facts.taskMemory, (row) => row.endId).map((row) => ({
        cluster_id: clusterId,
        end_id: row.endId,
        limit_bytes: row.limitBytes,
        samples: row.samples,
      })),
    );
  });
}

function containerRows(clusterId: number, rows: readonly ContainerRow[]) {
  return lastOf(rows, ({ containerId }) => containerId).map((row) => ({
    cluster_id: clusterId,
    container_id: row.containerId,
    docker_id: row.dockerId,
    pid: row.pid,
    framework_id: row.frameworkId,
    task_id: row.taskId,
    agent_id: row.agentId,
    host: row.host,
    app_id: row.appId,
    mem_limit_bytes: row.memLimitBytes,
    told_by: row.toldBy,
    first_seen_at: row.seenAt,
    last_seen_at: row.seenAt,
  }));
}

// What is known stays where the newer row does not tell it. A docker inspection names the container's own process;
// the pid that an agent tells later is that of Mesos's executor beside it.
const CONTAINERS = `
  INSERT INTO container AS known SELECT * FROM json_populate_recordset(NULL::container, $1::json)
  ON CONFLICT (cluster_id, container_id) DO UPDATE SET
    docker_id = coalesce(excluded.docker_id, known.docker_id),
    pid = CASE WHEN known.told_by = 'status' AND excluded.told_by <> 'status' THEN coalesce(known.pid, excluded.pid)
               ELSE coalesce(excluded.pid, known.pid) END,
    framework_id = coalesce(excluded.framework_id, known.framework_id),
    task_id = coalesce(excluded.task_id, known.task_id),
    agent_id = coalesce(excluded.agent_id, known.agent_id),
    host = coalesce(excluded.host, known.host),
    app_id = coalesce(excluded.app_id, known.app_id),
    mem_limit_bytes = coalesce(excluded.mem_limit_bytes, known.mem_limit_bytes),
    told_by = CASE WHEN known.told_by = 'status' THEN 'status' ELSE excluded.told_by END,
    last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)`;

const CONTACTS = `
  INSERT INTO agent_contact AS known SELECT * FROM json_populate_recordset(NULL::agent_contact, $1::json)
  ON CONFLICT (cluster_id, agent_id) DO UPDATE SET
    asked_at = excluded.asked_at,
    answered_at = coalesce(excluded.answered_at, known.answered_at),
    error_code = excluded.error_code,
    skew_ms = coalesce(excluded.skew_ms, known.skew_ms),
    containers = coalesce(excluded.containers, known.containers)`;

// After a restart the rest of a bucket is all that is known: what was larger before it stays.
const APP_MEMORY = `
  INSERT INTO app_memory AS known SELECT * FROM json_populate_recordset(NULL::app_memory, $1::json)
  ON CONFLICT (cluster_id, app_id, at) DO UPDATE SET
    max_bytes = greatest(known.max_bytes, excluded.max_bytes),
    mean_bytes = excluded.mean_bytes,
    limit_bytes = greatest(known.limit_bytes, excluded.limit_bytes),
    tasks = greatest(known.tasks, excluded.tasks)`;

// A series begun anew after a restart of ours is shorter than what was stored before it.
const TASK_MEMORY = `
  INSERT INTO task_memory AS known (cluster_id, end_id, limit_bytes, samples)
  SELECT cluster_id, end_id, limit_bytes, samples FROM json_populate_recordset(NULL::task_memory, $1::json)
  ON CONFLICT (cluster_id, end_id) DO UPDATE SET limit_bytes = excluded.limit_bytes, samples = excluded.samples
  WHERE jsonb_array_length(excluded.samples) > jsonb_array_length(known.samples)`;

async function write(client: PoolClient, sql: string, rows: readonly object[]): Promise<void> {
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    await client.query(sql, [JSON.stringify(sanitize(rows.slice(at, at + BATCH_ROWS)))]);
  }
}

function lastOf<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  return [...new Map(rows.map((row) => [sanitize(keyOf(row)), row])).values()];
}
