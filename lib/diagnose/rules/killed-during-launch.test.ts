import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { killedDuringLaunch } from './killed-during-launch';

describe('killedDuringLaunch', () => {
  it.each<Row>([
    {
      when: 'by reason',
      facts: { state: 'TASK_KILLED', reason: 'REASON_TASK_KILLED_DURING_LAUNCH' },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'a pod',
      facts: {
        state: 'TASK_KILLED',
        message: 'A task within the task group was killed before delivery to the executor',
      },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'the reason until 1.4',
      facts: {
        state: 'TASK_KILLED',
        reason: 'REASON_EXECUTOR_UNREGISTERED',
        message: 'Unregistered executor',
      },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'killed while running',
      facts: { state: 'TASK_KILLED', message: 'Command terminated with signal Terminated' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(killedDuringLaunch, facts)).toBe(want);
  });
});
