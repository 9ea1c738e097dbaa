import type { TaskState } from '@/lib/domain/task';

import type { AppInWorld } from './world';

/** How a task ends, as Mesos would tell it. The verdict is left to the rules. */
export type Fate = {
  name: string;
  state: TaskState;
  message: (app: AppInWorld | null) => string | null;
  reason?: string;
  source?: string;
  healthy?: boolean;
  /** It never ran. */
  unborn?: boolean;
  /** It lives again: reopened. */
  reopened?: boolean;
  containerizer?: 'DOCKER' | 'MESOS';
};

const exited = (code: number) => () => `Container exited with status ${code}`;

export const FINISHED: Fate = {
  name: 'finished',
  state: 'TASK_FINISHED',
  message: () => 'Command exited with status 0',
};
export const DEPLOYED: Fate = { name: 'deployed', state: 'TASK_KILLED', message: exited(143) };
export const KILLED: Fate = {
  name: 'killed',
  state: 'TASK_KILLED',
  message: () => 'Command terminated with signal Terminated',
};

export const CRASHES: Fate[] = [1, 2, 3, 64, 255].map((code) => ({
  name: `exit-${code}`,
  state: 'TASK_FAILED',
  message: exited(code),
}));
export const OOM: Fate = {
  name: 'oom',
  state: 'TASK_FAILED',
  message: (app) =>
    `Memory limit exceeded: Requested: ${(app?.memMb ?? 512) + 32}MB Maximum Used: ${(app?.memMb ?? 512) + 32}MB\n\nMEMORY STATISTICS: \ncache 5201920\nrss 564875264`,
  reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
  source: 'SOURCE_AGENT',
  containerizer: 'MESOS',
};
export const KILLED_137: Fate = {
  name: 'exit-137',
  state: 'TASK_FAILED',
  message: exited(137),
  containerizer: 'DOCKER',
};
export const SEGFAULT: Fate = {
  name: 'segfault',
  state: 'TASK_FAILED',
  message: () => 'Command terminated with signal Segmentation fault (core dumped)',
};
export const NOT_FOUND: Fate = {
  name: 'not-found',
  state: 'TASK_FAILED',
  message: () => 'Command exited with status 127',
};
export const NO_SPACE: Fate = {
  name: 'no-space',
  state: 'TASK_FAILED',
  message: (app) =>
    `Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull ${app?.image ?? 'batch'}': exited with status 1; stderr='write /var/lib/docker/tmp/GetImageBlob718023: no space left on device'`,
  reason: 'REASON_CONTAINER_LAUNCH_FAILED',
  source: 'SOURCE_AGENT',
  unborn: true,
};
export const PULL: Fate = {
  name: 'pull',
  state: 'TASK_FAILED',
  message: (app) =>
    `Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull ${app?.image ?? 'batch'}': exited with status 1; stderr='Error response from daemon: manifest for ${app?.image ?? 'batch'} not found: manifest unknown'`,
  reason: 'REASON_CONTAINER_LAUNCH_FAILED',
  source: 'SOURCE_AGENT',
  unborn: true,
};
export const UNHEALTHY: Fate = {
  name: 'unhealthy',
  state: 'TASK_KILLED',
  message: exited(143),
  reason: 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED',
  healthy: false,
};
export const REMOVED: Fate = {
  name: 'removed',
  state: 'TASK_LOST',
  message: () => 'Agent removed: health check timed out',
  reason: 'REASON_AGENT_REMOVED',
  source: 'SOURCE_MASTER',
};
export const UNREACHABLE: Fate = {
  name: 'unreachable',
  state: 'TASK_UNREACHABLE',
  message: () => null,
  reason: 'REASON_AGENT_REMOVED',
  source: 'SOURCE_MASTER',
};
export const BACK_AGAIN: Fate = { ...UNREACHABLE, name: 'back-again', reopened: true };
export const MYSTERY: Fate = {
  name: 'mystery',
  state: 'TASK_FAILED',
  message: () => 'Abnormal executor termination: <script>alert("x")</script> & "quotes" \\ 日志',
};
