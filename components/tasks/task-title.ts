import type { TaskItem } from '@/lib/contracts/task';
import type { EndState } from '@/lib/domain/task';
import { isolated } from '@/lib/format/isolated';

const VERBS: Record<EndState, string> = {
  TASK_FINISHED: 'finished',
  TASK_FAILED: 'failed',
  TASK_KILLED: 'was killed',
  TASK_ERROR: 'was refused',
  TASK_LOST: 'was lost',
  TASK_DROPPED: 'was dropped',
  TASK_UNREACHABLE: 'became unreachable',
  TASK_GONE: 'is gone',
  TASK_GONE_BY_OPERATOR: 'was marked gone by an operator',
};

/** `/shop/cart failed with exit code 137`: what stands over the page and in a chat's preview. */
export function taskTitle(
  task: Pick<TaskItem, 'appId' | 'name' | 'taskId' | 'state' | 'disposition' | 'exitCode'>,
): string {
  const subject = task.appId ?? (task.name === '' ? task.taskId : task.name);
  const code =
    task.disposition === 'failure' && task.exitCode !== null ? ` with exit code ${task.exitCode}` : '';
  return `${isolated(subject)} ${VERBS[task.state]}${code}`;
}
