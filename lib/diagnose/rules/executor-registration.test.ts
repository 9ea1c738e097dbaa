import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { executorRegistration } from './executor-registration';

describe('executorRegistration', () => {
  it.each<Row>([
    {
      when: 'by reason',
      facts: {
        reason: 'REASON_EXECUTOR_REGISTRATION_TIMEOUT',
        message: 'Executor did not register within 3mins',
      },
      want: 'executor_registration_timeout failure proven',
    },
    {
      when: 'the pull under way is not its error',
      facts: { message: 'Executor did not register within 1mins; Container destroyed while pulling image' },
      want: 'executor_registration_timeout failure proven',
    },
    {
      when: 'Marathon gave it up',
      facts: {
        state: 'TASK_LOST',
        message: 'There is 1 task stuck in staging for more than 300000ms which will be killed',
      },
      want: 'executor_registration_timeout failure likely',
    },
    {
      when: 'it did not come back after a restart',
      facts: { state: 'TASK_LOST', message: 'Executor did not re-register within 2secs' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(executorRegistration, facts)).toBe(want);
  });
});
