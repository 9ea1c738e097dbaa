import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { preempted } from './preempted';

describe('preempted', () => {
  it.each<Row>([
    {
      when: 'quality-of-service correction',
      facts: {
        state: 'TASK_GONE',
        reason: 'REASON_CONTAINER_PREEMPTED',
        message: 'Container preempted by QoS correction',
      },
      want: 'preempted_or_oversubscription normal proven',
    },
    {
      when: 'the reason before 0.26',
      facts: { state: 'TASK_LOST', reason: 'REASON_EXECUTOR_PREEMPTED' },
      want: 'preempted_or_oversubscription normal proven',
    },
    {
      when: 'a scheduler that preempts',
      facts: { state: 'TASK_KILLED', message: 'Preempted by rebalancer' },
      want: 'preempted_or_oversubscription normal likely',
    },
    { when: 'a plain kill', facts: { state: 'TASK_KILLED' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(preempted, facts)).toBe(want);
  });
});
