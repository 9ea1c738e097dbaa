import type { LogSignal } from '@/lib/domain/log-signal';
import { appOfTaskId } from '@/lib/domain/marathon-task-id';

/** `unknown`: the log, or the master, does not tell a size that could be compared. */
export type SizeVerdict = 'equal' | 'differs' | 'unknown';

// The Mesos containerizer adds this for the executor of a task that brings none of its own.
const EXECUTOR_MB = 32;
// Docker's containerizer never asks for less (src/slave/containerizer/docker.cpp, MIN_MEMORY).
const LEAST_MB = 32;
// Limits are rounded to pages by the kernel, to a megabyte by older agents.
const ROUNDING_KB = 1024;

/** Whether the limit that the kernel printed is that of a task with this `mem`. */
export function limitAgainst(
  { limitKb, limitCgroup, cgroup, signature }: LogSignal,
  end: { memMb: number | null; containerizer: string | null; containerId: string | null; taskId: string },
): SizeVerdict {
  if (signature === 'global_oom' || limitKb === null || end.memMb === null) return 'unknown';
  // The limit of a cgroup above the victim's says nothing of the victim's own.
  if (limitCgroup !== null && cgroup !== null && limitCgroup !== cgroup) return 'unknown';
  const own = Math.max(end.memMb, LEAST_MB);
  const sizes = end.containerizer === 'DOCKER' ? [own] : [own, end.memMb + EXECUTOR_MB];
  if (sizes.some((mb) => Math.abs(mb * 1024 - limitKb) <= ROUNDING_KB)) return 'equal';
  // A pod's tasks share one limit: the sum of theirs and the executor's.
  return isOfPod(end) && limitKb > end.memMb * 1024 ? 'unknown' : 'differs';
}

function isOfPod({ containerId, taskId }: { containerId: string | null; taskId: string }): boolean {
  return containerId?.includes('.') === true || appOfTaskId(taskId)?.kind === 'pod';
}
