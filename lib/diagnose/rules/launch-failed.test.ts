import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { launchFailed } from './launch-failed';

describe('launchFailed', () => {
  it.each<Row>([
    {
      when: 'Mesos reports it',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message: 'Failed to launch container: Failed to chown sandbox',
      },
      want: 'launch_failure failure likely',
    },
    {
      when: 'destroyed meanwhile',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message: 'Failed to launch container: Container destroyed during provisioning',
      },
      want: 'launch_failure failure likely',
    },
    {
      when: 'a cpuset without processors',
      facts: { message: 'write /sys/fs/cgroup/cpuset/docker/1/tasks: no space left on device' },
      want: 'launch_failure failure likely',
    },
    {
      when: 'resources could not be updated',
      facts: { state: 'TASK_GONE', reason: 'REASON_CONTAINER_UPDATE_FAILED' },
      want: 'launch_failure failure likely',
    },
    { when: 'any failure', facts: { message: 'Command exited with status 1' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(launchFailed, facts)).toBe(want);
  });
});
