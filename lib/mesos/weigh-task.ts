import type { MesosTask } from '@/lib/domain/task';

// Objects, ids, times and resources; what is free text is counted.
const TASK_BYTES = 1_000;
const STATUS_BYTES = 200;

/** Roughly what a task takes in memory, in bytes: enough to bound what is kept of them. */
export function weightOf({ taskId, name, executorId, image, statuses, labels }: MesosTask): number {
  let characters = taskId.length + name.length + executorId.length + (image?.length ?? 0);
  for (const { message } of statuses) characters += message?.length ?? 0;
  for (const [key, value] of Object.entries(labels)) characters += key.length + value.length;
  return TASK_BYTES + statuses.length * STATUS_BYTES + 2 * characters;
}
