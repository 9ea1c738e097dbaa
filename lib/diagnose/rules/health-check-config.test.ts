import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { healthCheckConfig } from './health-check-config';

describe('healthCheckConfig', () => {
  it.each<Row>([
    {
      when: 'refused by the master',
      facts: {
        state: 'TASK_ERROR',
        reason: 'REASON_TASK_INVALID',
        message: "Task uses invalid health check: Expecting 'interval_seconds' to be non-negative",
      },
      want: 'health_check_config failure proven',
    },
    {
      when: 'a general check',
      facts: {
        state: 'TASK_ERROR',
        message: "Task uses invalid check: Command check must contain 'shell command'",
      },
      want: 'health_check_config failure proven',
    },
    {
      when: 'a check that failed',
      facts: { state: 'TASK_KILLED', message: 'Task was killed since health check failed. Reason: 503' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(healthCheckConfig, facts)).toBe(want);
  });
});
