/** Task states of mesos.proto (`TaskState`), 0.20 to 1.11. */
export const TASK_STATES = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_UNREACHABLE',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
  'TASK_UNKNOWN',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/**
 * States that we store as a task end. Mesos's own `isTerminalState` plus TASK_UNREACHABLE: to the people
 * who run the task it has ended until its agent comes back, and then the row is marked reopened.
 */
export const END_STATES = [
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_UNREACHABLE',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
] as const satisfies readonly TaskState[];
export type EndState = (typeof END_STATES)[number];

/** End states that a later word of the master can take back (Mesos 1.10 deletes the completed entry). */
export const REVERSIBLE_STATES = [
  'TASK_LOST',
  'TASK_UNREACHABLE',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
] as const satisfies readonly EndState[];

export function isEndState(state: string): state is EndState {
  return (END_STATES as readonly string[]).includes(state);
}

export function isTaskState(state: string): state is TaskState {
  return (TASK_STATES as readonly string[]).includes(state);
}

/** One status update as a master keeps it. `at` is null where an odd source gave no time. */
export type TaskStatus = {
  state: TaskState;
  at: Date | null;
  message: string | null;
  /** As sent, `REASON_…`; v1 words (AGENT) are kept, rules normalise. Null: none sent, or the source never has one. */
  reason: string | null;
  /** SOURCE_MASTER, SOURCE_SLAVE or SOURCE_AGENT, SOURCE_EXECUTOR. */
  source: string | null;
  healthy: boolean | null;
  /** Mesos container id, root first for nested containers: `parent.child`. */
  containerId: string | null;
};

/** `cpus` in cores, `memMb` and `diskMb` in MiB as Mesos counts them. Null: not told. */
export type TaskResources = {
  cpus: number | null;
  memMb: number | null;
  diskMb: number | null;
  gpus: number | null;
};

/** A task as a master shows it in /state or GET_TASKS, in our words. */
export type MesosTask = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  executorId: string;
  name: string;
  /** The latest state the agent knows; can be ahead of `statuses`. */
  state: TaskState;
  /** Oldest first, may be empty. */
  statuses: TaskStatus[];
  resources: TaskResources;
  image: string | null;
  /** DOCKER or MESOS; null: no ContainerInfo (command executor) or a master too old to tell. */
  containerizer: string | null;
  labels: Record<string, string>;
  /** Which list of the master held it. */
  list: 'tasks' | 'completed_tasks' | 'unreachable_tasks' | 'orphan_tasks';
};
