import { setImmediate as nextTurn } from 'node:timers/promises';

import type { LiveTask } from '@/lib/domain/snapshot';
import type { MesosTask } from '@/lib/domain/task';

// A few milliseconds of looking up.
const TASKS_A_TURN = 20_000;
const SAME_TIME_MS = 2;

/**
 * The live tasks of /state without those that GET_TASKS, which is asked later, tells as ended. Such an end takes the
 * first time that /state told of the task, by which the next /state will tell it, where the two are the same but for
 * the last digit. Cost: one look-up a live task, in turns.
 */
export async function withoutEnded(
  live: readonly LiveTask[],
  late: readonly MesosTask[],
): Promise<LiveTask[]> {
  if (late.length === 0) return [...live];
  const byId = new Map<string, MesosTask[]>();
  for (const task of late) byId.set(task.taskId, [...(byId.get(task.taskId) ?? []), task]);
  const stays: LiveTask[] = [];
  for (let at = 0; at < live.length; at += TASKS_A_TURN) {
    for (const task of live.slice(at, at + TASKS_A_TURN)) {
      const end = byId
        .get(task.taskId)
        ?.find((one) => one.agentId === task.agentId && one.frameworkId === task.frameworkId);
      if (end === undefined) stays.push(task);
      else takeFirstTime(end, task.firstStatusAt);
    }
    await nextTurn();
  }
  return stays;
}

function takeFirstTime({ statuses }: MesosTask, at: Date | null): void {
  const [first] = statuses;
  if (first?.at == null || at === null) return;
  if (Math.abs(first.at.getTime() - at.getTime()) <= SAME_TIME_MS) statuses[0] = { ...first, at };
}
