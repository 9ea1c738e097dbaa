import { z } from 'zod';

import { CAUSES, DISPOSITIONS, PROOFS } from '@/lib/domain/cause';
import { END_STATES, TASK_STATES } from '@/lib/domain/task';

import {
  AgentContactItem,
  EvidenceItem,
  LogInputBrief,
  SandboxFile,
  SignalGroup,
  TaskMemory,
} from './evidence';
import { windowFields } from './window';

const time = z.iso.datetime();

/** One task end as lists show it. Times ISO 8601 UTC. */
export const TaskItem = z.object({
  cluster: z.string(),
  frameworkId: z.string(),
  taskId: z.string(),
  agentId: z.string(),
  /** Null: the agent is in no list the collector ever saw. */
  hostname: z.string().nullable(),
  /** Null: not a Marathon task. */
  appId: z.string().nullable(),
  state: z.enum(END_STATES),
  startedAt: time.nullable(),
  finishedAt: time,
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  cause: z.enum(CAUSES),
  disposition: z.enum(DISPOSITIONS),
  proof: z.enum(PROOFS),
  summary: z.string(),
  message: z.string().nullable(),
  reason: z.string().nullable(),
  /** Beyond the names that others rely on: */
  id: z.string(),
  /** hostname, else the agent id: what links to /hosts use. */
  host: z.string(),
  frameworkName: z.string().nullable(),
  name: z.string(),
  finishedAtKnown: z.boolean(),
  reopenedAt: time.nullable(),
  fingerprint: z.string(),
});
export type TaskItem = z.infer<typeof TaskItem>;

/** Comma-separated or repeated values become a list. */
const list = <T extends z.ZodType<unknown, string>>(item: T) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) =>
      [value]
        .flat()
        .flatMap((part) => part.split(','))
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .pipe(z.array(item).min(1).max(50));

/** GET /api/v1/tasks: every filter narrows; newest first; without `from`, `to` and `range`: all time. */
export const TasksQuery = z.object({
  ...windowFields,
  /** `TASK_FAILED`, or `FAILED` for short. */
  state: list(
    z
      .string()
      .transform((word) => `TASK_${word.toUpperCase().replace(/^TASK_/, '')}`)
      .pipe(z.enum(END_STATES)),
  ).optional(),
  cause: list(z.enum(CAUSES)).optional(),
  disposition: list(z.enum(DISPOSITIONS)).optional(),
  /** Hostname or agent id. */
  host: z.string().min(1).max(500).optional(),
  /** App id, with or without its leading slash. */
  app: z.string().min(1).max(1000).optional(),
  /** Framework id or name. */
  framework: z.string().min(1).max(500).optional(),
  fingerprint: z.string().min(1).max(64).optional(),
  exitCode: z.coerce.number().int().min(0).max(255).optional(),
  /**
   * The beginning of a task id or of a container id (Mesos or Docker, 4 characters at least), a part of an app's or a
   * host's name, or beginnings of words that all stand in a failure's message. Case matters in task ids alone.
   */
  q: z.string().min(1).max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** From `nextCursor`. A page may be short and still have one: the search goes on where it stopped. */
  cursor: z.string().max(200).optional(),
});
export type TasksQuery = z.infer<typeof TasksQuery>;

export const TasksBody = z.object({ items: z.array(TaskItem), nextCursor: z.string().nullable() });
export type TasksBody = z.infer<typeof TasksBody>;

export const StatusItem = z.object({
  state: z.enum(TASK_STATES),
  at: time.nullable(),
  message: z.string().nullable(),
  reason: z.string().nullable(),
  source: z.string().nullable(),
  healthy: z.boolean().nullable(),
  containerId: z.string().nullable(),
});

/** One task end whole. GET /api/v1/tasks/{cluster}/{taskId}. */
export const TaskDetail = TaskItem.extend({
  executorId: z.string(),
  appVersion: z.string().nullable(),
  source: z.string().nullable(),
  messageSource: z.enum(['mesos', 'marathon']).nullable(),
  healthy: z.boolean().nullable(),
  image: z.string().nullable(),
  containerizer: z.string().nullable(),
  containerId: z.string().nullable(),
  cpus: z.number().nullable(),
  memMb: z.number().nullable(),
  diskMb: z.number().nullable(),
  gpus: z.number().nullable(),
  labels: z.record(z.string(), z.string()),
  statuses: z.array(StatusItem),
  because: z.array(z.string()),
  advice: z.array(z.string()),
  ruleId: z.string(),
  deploymentId: z.string().nullable(),
  observedAt: time,
  revisedAt: time.nullable(),
  revision: z.number().int(),
});
export type TaskDetail = z.infer<typeof TaskDetail>;

export const TaskDetailQuery = z.object({
  /** Narrow where one task id ended more than once. */
  agent: z.string().max(500).optional(),
  id: z.uuid().optional(),
});
export type TaskDetailQuery = z.infer<typeof TaskDetailQuery>;

export const TaskDetailBody = z.object({
  task: TaskDetail,
  /** Other ends of the same task id, newest first, at most 20. */
  otherEnds: z.array(TaskItem),
  /** Same fingerprint: how many in the 7 days up to this end (itself included), first ever stored, and the newest others. */
  sameFingerprint: z.object({
    /** At most 10,000 are counted. */
    last7d: z.number().int(),
    firstSeenAt: time.nullable(),
    recent: z.array(TaskItem),
  }),
  /** Other failures on the same host in the hour around the end, at most 10. */
  sameHost: z.array(TaskItem),
  deployment: z
    .object({
      deploymentId: z.string(),
      actions: z.array(z.object({ action: z.string(), target: z.string() })),
      firstSeenAt: time,
      endedAt: time.nullable(),
    })
    .nullable(),
  /** Links into the cluster's own UIs; null where no address is known. */
  links: z.object({ mesosAgent: z.string().nullable(), marathonApp: z.string().nullable() }),
  /** What host logs tell of it, strongest tie first. Empty: no log told anything; see `logInputs`. */
  evidence: z.array(EvidenceItem),
  /** What logs told of the host itself from an hour before the end to ten minutes after: tied to no task. */
  hostSigns: z.array(SignalGroup),
  /** stdout and stderr; empty: they were not asked for. */
  sandbox: z.array(SandboxFile),
  /** Null: no sample was taken; `agent` may say why. */
  memory: TaskMemory.nullable(),
  /** How its agent answers; null: it was never asked. */
  agent: AgentContactItem.nullable(),
  /** Where logs come in, the newest first, at most 20; empty: nowhere. */
  logInputs: z.array(LogInputBrief),
});
export type TaskDetailBody = z.infer<typeof TaskDetailBody>;
