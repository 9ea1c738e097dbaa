import { isEndState, type MesosTask } from '@/lib/domain/task';
import type { Upstream } from '@/lib/upstream/create-upstream';
import { asArray, asRecord } from '@/lib/upstream/loose-json';
import type { Target } from '@/lib/upstream/source';

import { parseTask } from './parse-task';
import type { EndQuestion } from './track-ends';

// The two documents print the same double; a difference in the last digit moves the millisecond by one.
const SAME_TIME_MS = 2;
const MAX_ENTRIES = 100;

/**
 * Asks the leading master for a task that just ended (`GET /tasks?task_id=…`, since Mesos 1.4), whose elements are
 * those of /state, and lays over it what only the event told: message, reason, source. Null: the master has no such
 * end any more, or not yet. Of several tasks with one id that which ended by this very status is meant.
 *
 * Errors: as `Upstream.readJson`.
 */
export async function findEnded(
  upstream: Upstream,
  target: Target,
  { frameworkId, taskId, agentId, status }: EndQuestion,
  signal: AbortSignal,
): Promise<MesosTask | null> {
  const query = new URLSearchParams({ task_id: taskId, framework_id: frameworkId });
  const { value } = await upstream.readJson({ target, path: `/tasks?${query}`, signal });
  for (const raw of asArray(asRecord(value)?.tasks).slice(0, MAX_ENTRIES)) {
    const { task } = parseTask(raw, 'tasks');
    if (task?.frameworkId !== frameworkId || task.taskId !== taskId || task.agentId !== agentId) continue;
    const at = task.statuses.findIndex(
      (one) =>
        one.state === status.state &&
        one.at !== null &&
        Math.abs(one.at.getTime() - status.at.getTime()) <= SAME_TIME_MS,
    );
    const told = task.statuses[at];
    if (told === undefined || !isEndState(task.state)) continue;
    const richer = {
      ...status,
      at: told.at,
      healthy: status.healthy ?? told.healthy,
      containerId: status.containerId ?? told.containerId,
    };
    return { ...task, statuses: task.statuses.with(at, richer) };
  }
  return null;
}
