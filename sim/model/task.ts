import type { Agent } from './agent';
import type { Truth } from './truth';

export const TERMINAL_STATES = [
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
] as const;
export type TaskState =
  | (typeof TERMINAL_STATES)[number]
  | 'TASK_STAGING'
  | 'TASK_STARTING'
  | 'TASK_RUNNING'
  | 'TASK_KILLING'
  | 'TASK_UNREACHABLE';

export type Source = 'MASTER' | 'SLAVE' | 'EXECUTOR';

/** What a status says besides when. `reason` is the v0 word without REASON_. */
export type Report = {
  state: TaskState;
  message: string | null;
  reason: string | null;
  source: Source;
  healthy?: boolean;
  /** The memory limit in MB that was broken, as the agent's `limitation` tells it. */
  limitationMb?: number;
  /** True for the first RUNNING of a Docker task: its update carries `docker inspect`. */
  withInspect?: boolean;
  /** What really happened; only of ends. */
  truth?: Truth;
};

export type TaskStatus = Report & {
  /** Seconds since the epoch with fraction. */
  timestamp: number;
  /** Base64. */
  uuid: string;
  /** True where the container was still there to be asked: gives `container_status`. */
  withContainer: boolean;
};

/** How a task runs: under Docker, as a command or image of the Mesos containerizer, or as one container of a pod. */
export type ContainerKind = 'docker' | 'mesos' | 'pod';

export type TaskShape = {
  id: string;
  name: string;
  frameworkId: string;
  /** Empty for command tasks. */
  executorId: string;
  kind: ContainerKind;
  image: string | null;
  cpus: number;
  mem: number;
  user: string;
  role: string;
  labels: Record<string, string>;
  /** Port inside the container; null: it offers none. */
  containerPort: number | null;
  /** True for tasks whose health Mesos itself checks: their statuses carry `healthy`. */
  mesosChecks: boolean;
  memorySwap: boolean;
  /** Command line as its scheduler gave it; null: the image's own. */
  cmd: string | null;
  env: Record<string, string>;
  /** App or pod it belongs to, or null: what the tests' truth says of it. */
  appId: string | null;
};

export type Task = TaskShape & {
  agent: Agent;
  state: TaskState;
  statuses: TaskStatus[];
  hostPort: number | null;
  containerId: string;
  /** 64 hex digits; null: not Docker's. */
  dockerId: string | null;
  /** Main process of the container on its host, Docker's `State.Pid`. */
  pid: number;
  /** The pod's outer container; null: not nested. */
  parentContainerId: string | null;
  address: string;
  /** Which list of the master holds it; `between`: its agent has not yet told the new master of it. */
  list: 'tasks' | 'unreachable' | 'completed' | 'forgotten' | 'between';
  /** Model second at which it began to run; null: not yet. */
  runningSince: number | null;
  /** Model second of the launch. */
  launchedAt: number;
  /** Model second of its end, as its host knows it; null: it lives. */
  endedAt: number | null;
  /** Model second at which its memory will be full; null: it will not. */
  fullAt: number | null;
  /** How it ended; null: it lives. */
  end: Report | null;
  /** What its executor reported while its agent had no master; null: nothing waits. */
  pending: Report | null;
};

export function isTerminal(state: TaskState): boolean {
  return (TERMINAL_STATES as readonly string[]).includes(state);
}

/** Keeps statuses as the master does: an update whose state equals the last one's replaces it, any other is appended. */
export function keepStatus(statuses: TaskStatus[], status: TaskStatus): void {
  if (statuses.at(-1)?.state === status.state) statuses.pop();
  statuses.push(status);
}
