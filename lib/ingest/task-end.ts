import type { Cause, Disposition, Proof } from '@/lib/domain/cause';
import type { EndState, TaskStatus } from '@/lib/domain/task';

/**
 * One row of `task_end`. Field names are the columns' in camelCase: `apply-poll.ts` derives one from the
 * other. Column meanings stand in the migration that makes the table.
 */
export type TaskEnd = {
  clusterId: number;
  id: string;
  finishedAt: Date;
  finishedAtKnown: boolean;
  startedAt: Date | null;
  firstStatusAt: Date | null;
  frameworkId: string;
  taskId: string;
  agentId: string;
  executorId: string;
  name: string;
  frameworkName: string | null;
  hostname: string | null;
  host: string;
  appId: string | null;
  appVersion: string | null;
  state: EndState;
  reason: string | null;
  source: string | null;
  message: string | null;
  messageSource: 'mesos' | 'marathon' | null;
  healthy: boolean | null;
  image: string | null;
  containerizer: string | null;
  containerId: string | null;
  cpus: number | null;
  memMb: number | null;
  diskMb: number | null;
  gpus: number | null;
  labels: Record<string, string>;
  statuses: readonly TaskStatus[];
  cause: Cause;
  disposition: Disposition;
  proof: Proof;
  exitCode: number | null;
  signal: string | null;
  summary: string;
  because: string[];
  advice: string[];
  ruleId: string;
  fingerprint: string;
  deploymentId: string | null;
  reopenedAt: Date | null;
  observedAt: Date;
  revisedAt: Date | null;
  revision: number;
};

/** What the plan must know of a stored end to tell news from repetition. */
export type KnownEnd = Pick<
  TaskEnd,
  | 'id'
  | 'finishedAt'
  | 'finishedAtKnown'
  | 'startedAt'
  | 'firstStatusAt'
  | 'state'
  | 'reason'
  | 'source'
  | 'message'
  | 'messageSource'
  | 'healthy'
  | 'containerId'
  | 'hostname'
  | 'appId'
  | 'appVersion'
  | 'disposition'
  | 'reopenedAt'
  | 'observedAt'
  | 'revision'
>;
