import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { invalidTask } from './invalid-task';

describe('invalidTask', () => {
  it.each<Row>([
    {
      when: 'an offer that is gone',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_INVALID_OFFERS',
        message: 'Task launched with invalid offers: Offer o-1 is no longer valid',
      },
      want: 'invalid_task_or_offers failure proven',
    },
    {
      when: 'a pod refused',
      facts: { state: 'TASK_ERROR', reason: 'REASON_TASK_GROUP_INVALID' },
      want: 'invalid_task_or_offers failure proven',
    },
    {
      when: 'a refusal of Mesos 0.2x, without reason',
      facts: { state: 'TASK_LOST', message: 'Task uses invalid resources: cpus(*):0' },
      want: 'invalid_task_or_offers failure likely',
    },
    { when: 'any failure', facts: { message: 'Command exited with status 1' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(invalidTask, facts)).toBe(want);
  });
});
