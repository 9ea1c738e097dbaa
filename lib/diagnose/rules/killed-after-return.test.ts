import { describe, expect, it } from 'vitest';

import { ask, type Row, statusOf } from '../facts-for-tests';
import { killedAfterReturn } from './killed-after-return';

describe('killedAfterReturn', () => {
  it.each<Row>([
    {
      when: 'it had been unreachable',
      facts: {
        state: 'TASK_KILLED',
        statuses: [
          statusOf('TASK_RUNNING'),
          statusOf('TASK_UNREACHABLE'),
          statusOf('TASK_RUNNING'),
          statusOf('TASK_KILLED'),
        ],
      },
      want: 'agent_unreachable_or_partition failure likely',
    },
    {
      when: 'it never was',
      facts: { state: 'TASK_KILLED', statuses: [statusOf('TASK_RUNNING'), statusOf('TASK_KILLED')] },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(killedAfterReturn, facts)).toBe(want);
  });
});
