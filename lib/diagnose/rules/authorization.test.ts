import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { authorization } from './authorization';

describe('authorization', () => {
  it.each<Row>([
    {
      when: 'by reason',
      facts: {
        state: 'TASK_ERROR',
        reason: 'REASON_TASK_UNAUTHORIZED',
        message: "Task is not authorized to launch as user 'root'",
      },
      want: 'auth_failure failure proven',
    },
    {
      when: 'a secret that could not be made',
      facts: { reason: 'REASON_CONTAINER_LAUNCH_FAILED', message: 'Secret generation failed: discarded' },
      want: 'auth_failure failure likely',
    },
    {
      when: 'the agent refused its own executor',
      facts: { message: "Received '401 Unauthorized' () while launching child container" },
      want: 'auth_failure failure likely',
    },
    {
      when: 'a registry that refuses is a failed pull',
      facts: {
        message:
          "Failed to launch container: Unexpected HTTP response '401 Unauthorized' when trying to get the manifest",
      },
      want: null,
    },
    {
      when: 'a URI that refuses is a failed fetch',
      facts: { message: "Failed to fetch 'http://x/y.tgz': 403 Forbidden" },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(authorization, facts)).toBe(want);
  });
});
