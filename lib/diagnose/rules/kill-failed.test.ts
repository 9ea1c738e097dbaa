import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { killFailed } from './kill-failed';

describe('killFailed', () => {
  it.each<Row>([
    {
      when: 'docker stop failed',
      facts: {
        reason: 'REASON_EXECUTOR_TERMINATED',
        message:
          "Failed to kill the Docker container: Failed to run 'docker -H unix:///var/run/docker.sock stop -t 0 mesos-1': exited with status 1; stderr='Error response from daemon: cannot stop container'",
      },
      want: 'kill_failed_container_stuck failure likely',
    },
    {
      when: '0.23 to 0.28',
      facts: { message: 'Unable to stop docker container, error: timed out' },
      want: 'kill_failed_container_stuck failure likely',
    },
    {
      when: 'a kill that worked',
      facts: { state: 'TASK_KILLED', message: 'Container exited with status 137' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(killFailed, facts)).toBe(want);
  });
});
