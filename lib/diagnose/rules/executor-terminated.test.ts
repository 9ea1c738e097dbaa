import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { executorTerminated } from './executor-terminated';

describe('executorTerminated', () => {
  it.each<Row>([
    {
      when: 'all versions',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_EXECUTOR_TERMINATED',
        message: 'Abnormal executor termination',
      },
      want: 'executor_terminated failure likely',
    },
    {
      when: 'destroyed while pulling',
      facts: { message: 'Container destroyed while pulling image' },
      want: 'executor_terminated failure likely',
    },
    {
      when: 'the I/O switchboard',
      facts: { reason: 'REASON_IO_SWITCHBOARD_EXITED', message: "'IOSwitchboard' exited with status 1" },
      want: 'executor_terminated failure likely',
    },
    { when: 'any failure', facts: { message: 'Command exited with status 1' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(executorTerminated, facts)).toBe(want);
  });
});
