import type { AppShape } from './app-catalogue';
import type { Framework } from './framework';
import type { Task } from './task';

/** The parts of an app definition that releases and people change. */
export type Definition = Pick<AppShape, 'tag' | 'mem' | 'cpus' | 'instances' | 'env'>;

export type AppVersion = {
  /** Marathon's name of it: an ISO time. */
  version: string;
  /** Grows with each change of configuration; scaling keeps it. */
  config: number;
  definition: Definition;
};

export type Instance = {
  /** `shop_cart.instance-<uuid>`; what the task ids of one instance have in common. */
  id: string;
  attempt: number;
  app: App;
  version: AppVersion;
  tasks: Task[];
  state: 'waiting' | 'launching' | 'running' | 'killing';
  /** ISO times. */
  stagedAt: string | null;
  startedAt: string | null;
  /** Model second from which a deployment may count on it; null: not running. */
  readyAt: number | null;
};

export type TaskFailure = {
  appId: string;
  host: string;
  message: string;
  state: string;
  taskId: string;
  timestamp: string;
  version: string;
  slaveId: string;
};

export type App = {
  shape: AppShape;
  /** Oldest first; the last one is in force. */
  versions: AppVersion[];
  instances: Set<Instance>;
  lastScalingAt: string;
  lastConfigChangeAt: string;
  lastTaskFailure: TaskFailure | null;
  /** Current launch delay in seconds; 0: none yet. */
  backoffSeconds: number;
  /** Model second until which nothing is launched. */
  backoffUntil: number;
  /** ISO time since which something waits to be launched; null: nothing does. */
  waitingSince: string | null;
};

export type Deployment = {
  id: string;
  version: string;
  app: App;
  action: 'Restart' | 'Scale';
};

export type Marathon = {
  framework: Framework;
  apps: Map<string, App>;
  deployments: Map<string, Deployment>;
  byTask: Map<string, Instance>;
};

/** Marathon's own defaults; `backoffFactor` and the cap are those of 1.8 and later. */
export const BACKOFF = { seconds: 1, factor: 1.15, maxSeconds: 300 } as const;

/** The version in force. */
export function currentVersion(app: App): AppVersion {
  const version = app.versions.at(-1);
  if (version === undefined) throw new Error(`${app.shape.id} has no version`);
  return version;
}

/** Image and tag of one version. */
export function imageOf(app: App, version: AppVersion): string {
  return `${app.shape.image}:${version.definition.tag}`;
}
