import { randomUUID } from 'node:crypto';

import type { Db } from '@/lib/db/pool';
import { refillRollups } from '@/lib/db/rollups-for-tests';

/** What a test says about a task end; the rest is a plain failure of /shop/cart on node-1. */
export type EndForTest = {
  at: string;
  id?: string;
  clusterId?: number;
  taskId?: string;
  host?: string;
  hostname?: string | null;
  agentId?: string;
  appId?: string | null;
  appVersion?: string | null;
  frameworkId?: string;
  startedAt?: string;
  /** Default: `at`. */
  firstStatusAt?: string | null;
  frameworkName?: string;
  name?: string;
  state?: string;
  cause?: string;
  disposition?: string;
  exitCode?: number | null;
  message?: string | null;
  containerId?: string;
  fingerprint?: string;
  reopened?: boolean;
  deploymentId?: string;
};

/** Inserts task ends and adds them to the rollups, as the collector does. Returns their ids in order. */
export async function insertEnds(db: Db, ends: readonly EndForTest[]): Promise<string[]> {
  const rows = ends.map(toRow);
  await db.query('INSERT INTO task_end SELECT * FROM jsonb_populate_recordset(NULL::task_end, $1::jsonb)', [
    JSON.stringify(rows),
  ]);
  await refillRollups(db);
  return rows.map((row) => row.id);
}

function toRow(end: EndForTest) {
  const host = end.host ?? 'node-1';
  return {
    cluster_id: end.clusterId ?? 1,
    id: end.id ?? randomUUID(),
    finished_at: end.at,
    finished_at_known: true,
    started_at: end.startedAt ?? null,
    first_status_at: end.firstStatusAt === undefined ? end.at : end.firstStatusAt,
    framework_id: end.frameworkId ?? 'F1',
    task_id: end.taskId ?? `task-${end.at}`,
    agent_id: end.agentId ?? `agent-of-${host}`,
    executor_id: '',
    name: end.name ?? 'cart.shop',
    framework_name: end.frameworkName ?? 'marathon',
    hostname: end.hostname === undefined ? host : end.hostname,
    host,
    app_id: end.appId === undefined ? '/shop/cart' : end.appId,
    app_version: end.appVersion ?? null,
    state: end.state ?? 'TASK_FAILED',
    message: end.message ?? null,
    container_id: end.containerId ?? null,
    labels: {},
    statuses: [],
    cause: end.cause ?? 'app_exit_nonzero',
    disposition: end.disposition ?? 'failure',
    proof: 'proven',
    exit_code: end.exitCode ?? null,
    summary: 'The program exited with code 1.',
    because: [],
    advice: [],
    rule_id: 'exit',
    fingerprint: end.fingerprint ?? 'fp-1',
    deployment_id: end.deploymentId ?? null,
    reopened_at: end.reopened ? end.at : null,
    observed_at: end.at,
    revision: 0,
  };
}

/** A cluster with the given id, watched between two times. */
export async function insertCluster(
  db: Db,
  cluster: { id: number; name: string; firstPolledAt: string | null; lastPolledAt: string | null },
): Promise<void> {
  await db.query('INSERT INTO cluster (id, name, first_polled_at, last_polled_at) VALUES ($1, $2, $3, $4)', [
    cluster.id,
    cluster.name,
    cluster.firstPolledAt,
    cluster.lastPolledAt,
  ]);
}

/** Task-seconds of one host or app in one hour. */
export async function insertExposure(
  db: Db,
  row: { clusterId?: number; hour: string; kind: 'host' | 'app'; subject: string; seconds: number },
): Promise<void> {
  await db.query('INSERT INTO exposure_hour VALUES ($1, $2, $3, $4, $5)', [
    row.clusterId ?? 1,
    row.hour,
    row.kind,
    row.subject,
    row.seconds,
  ]);
  await refillRollups(db);
}
