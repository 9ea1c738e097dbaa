import type { MesosTask } from '@/lib/domain/task';

import { inSlices } from './in-slices';
import { createExposure, type Exposure, type Lifetime } from './plan-exposure';
import { addTaskEnd, type EndContext } from './plan-task-ends';
import type { TaskEnd } from './task-end';

/** `toTaskEnds` for many tasks: the same, without holding the event loop. */
export async function toTaskEndsInSlices(
  tasks: readonly MesosTask[],
  context: EndContext,
): Promise<TaskEnd[]> {
  const byId = new Map<string, TaskEnd>();
  await inSlices(tasks, (task) => addTaskEnd(byId, task, context));
  return [...byId.values()];
}

/** `planExposure` for many tasks: the same, without holding the event loop. */
export async function planExposureInSlices(
  lifetimes: Iterable<Lifetime>,
  since: Date | null,
  now: Date,
): Promise<Exposure[]> {
  const exposure = createExposure(since, now);
  await inSlices(lifetimes, exposure.add);
  return exposure.rows();
}
