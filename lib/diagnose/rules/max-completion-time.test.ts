import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { maxCompletionTime } from './max-completion-time';

describe('maxCompletionTime', () => {
  it.each<Row>([
    {
      when: 'SIGKILL at the limit is no unknown SIGKILL',
      facts: { reason: 'REASON_MAX_COMPLETION_TIME_REACHED', message: 'Container exited with status 137' },
      want: 'max_completion_time failure proven',
    },
    {
      when: 'a scheduler with a limit of its own',
      facts: { message: 'Task max runtime exceeded' },
      want: 'max_completion_time failure likely',
    },
    {
      when: 'SIGTERM without that reason',
      facts: { message: 'Command terminated with signal Terminated' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(maxCompletionTime, facts)).toBe(want);
  });
});
