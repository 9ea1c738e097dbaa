import { expect, it } from 'vitest';

import { keepStatus, type TaskState, type TaskStatus } from './task';

function status(state: TaskState, timestamp: number): TaskStatus {
  return {
    state,
    timestamp,
    message: null,
    reason: null,
    source: 'EXECUTOR',
    uuid: '',
    withContainer: false,
  };
}

it('keeps one status per run of equal states, the newest of it', () => {
  const kept: TaskStatus[] = [];
  for (const [index, state] of (
    ['TASK_STARTING', 'TASK_RUNNING', 'TASK_RUNNING', 'TASK_FAILED'] as const
  ).entries()) {
    keepStatus(kept, status(state, index));
  }
  expect(kept.map(({ state, timestamp }) => `${state} ${timestamp}`)).toEqual([
    'TASK_STARTING 0',
    'TASK_RUNNING 2',
    'TASK_FAILED 3',
  ]);
});
