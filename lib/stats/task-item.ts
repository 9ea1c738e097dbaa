import type { TaskItem } from '@/lib/contracts/task';

import { toCause, toDisposition, toEndState, toProof } from './known-words';

/** Columns of task_end that a TaskItem is made of, for a SELECT; written here, no input in it. */
export const TASK_ITEM_COLUMNS = `cluster_id, id, framework_id, framework_name, task_id, agent_id, name, hostname, host,
  app_id, state, started_at, finished_at, finished_at_known, exit_code, signal, cause, disposition, proof, summary,
  message, reason, reopened_at, fingerprint`;

export type TaskItemRow = {
  cluster_id: number;
  id: string;
  framework_id: string;
  framework_name: string | null;
  task_id: string;
  agent_id: string;
  name: string;
  hostname: string | null;
  host: string;
  app_id: string | null;
  state: string;
  started_at: Date | null;
  finished_at: Date;
  finished_at_known: boolean;
  exit_code: number | null;
  signal: string | null;
  cause: string;
  disposition: string;
  proof: string;
  summary: string;
  message: string | null;
  reason: string | null;
  reopened_at: Date | null;
  fingerprint: string;
};

export function toTaskItem(row: TaskItemRow, clusterNames: ReadonlyMap<number, string>): TaskItem {
  return {
    cluster: clusterNames.get(row.cluster_id) ?? '',
    frameworkId: row.framework_id,
    taskId: row.task_id,
    agentId: row.agent_id,
    hostname: row.hostname,
    appId: row.app_id,
    state: toEndState(row.state),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at.toISOString(),
    exitCode: row.exit_code,
    signal: row.signal,
    cause: toCause(row.cause),
    disposition: toDisposition(row.disposition),
    proof: toProof(row.proof),
    summary: row.summary,
    message: row.message,
    reason: row.reason,
    id: row.id,
    host: row.host,
    frameworkName: row.framework_name,
    name: row.name,
    finishedAtKnown: row.finished_at_known,
    reopenedAt: row.reopened_at?.toISOString() ?? null,
    fingerprint: row.fingerprint,
  };
}
