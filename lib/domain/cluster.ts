import type { JvmFlags } from './evidence';

/** An agent as the master lists it. */
export type Agent = {
  agentId: string;
  hostname: string;
  /** `slave(1)@ip:port`; the text after `@` is the agent's HTTP address. */
  pid: string | null;
  port: number | null;
  version: string | null;
  active: boolean;
  registeredAt: Date | null;
  reregisteredAt: Date | null;
  cpus: number | null;
  memMb: number | null;
  diskMb: number | null;
  attributes: Record<string, string>;
};

export type Framework = {
  frameworkId: string;
  name: string;
  webuiUrl: string | null;
  hostname: string | null;
  /** False once it stands under completed_frameworks. */
  registered: boolean;
};

/** What identifies one life of a leading master: its memory starts empty at each. */
export type MasterEpoch = {
  masterId: string;
  electedAt: Date;
  startedAt: Date | null;
  version: string;
  hostname: string | null;
  clusterName: string | null;
  /** `max_completed_tasks_per_framework`; 1000 where the flag is hidden or older than 0.24. */
  ringSize: number;
};

/** One app or pod definition of Marathon, with secrets already taken out. */
export type MarathonApp = {
  appId: string;
  kind: 'app' | 'pod';
  /** Config version (ISO timestamp string) as Marathon names it. */
  version: string;
  instances: number;
  cpus: number | null;
  memMb: number | null;
  diskMb: number | null;
  image: string | null;
  cmd: string | null;
  /** Read before the environment's values are taken out of `definition`; empty: no sign of a JVM. */
  jvmFlags: JvmFlags;
  hasHealthChecks: boolean;
  labels: Record<string, string>;
  lastScalingAt: Date | null;
  lastConfigChangeAt: Date | null;
  tasksRunning: number | null;
  tasksHealthy: number | null;
  tasksUnhealthy: number | null;
  tasksStaged: number | null;
  lastTaskFailure: MarathonTaskFailure | null;
  /** Seconds between SIGTERM and SIGKILL; null: Marathon's default. */
  killGraceSeconds: number | null;
  /** The definition as Marathon sent it, env values redacted, at most 64 KiB of JSON; null where larger. */
  definition: Record<string, unknown> | null;
};

export type MarathonTaskFailure = {
  taskId: string;
  state: string;
  message: string | null;
  host: string | null;
  agentId: string | null;
  at: Date;
  version: string | null;
};

export type MarathonDeployment = {
  deploymentId: string;
  version: string;
  affectedApps: string[];
  affectedPods: string[];
  /** What it does to each app or pod now or in any step: `{ action: 'RestartApplication', target: '/shop/cart' }`. */
  actions: { action: string; target: string }[];
  currentStep: number | null;
  totalSteps: number | null;
};

export type MarathonQueueItem = {
  appId: string;
  count: number;
  /** Backed off after failures while above zero and not overdue. Null: not told. */
  delaySeconds: number | null;
  overdue: boolean | null;
};
