import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { memoryLimit } from './memory-limit';

describe('memoryLimit', () => {
  it.each<Row>([
    {
      when: 'the isolator names limit and use',
      facts: {
        reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
        message:
          'Memory limit exceeded: Requested: 544MB Maximum Used: 544MB\n\nMEMORY STATISTICS: \ncache 0\nrss 570425344\n',
      },
      want: 'oom_cgroup_limit failure proven',
    },
    {
      when: 'the reason under TASK_KILLED is a failure all the same',
      facts: { state: 'TASK_KILLED', reason: 'REASON_CONTAINER_LIMITATION_MEMORY' },
      want: 'oom_cgroup_limit failure proven',
    },
    {
      when: 'the message without reason, as Marathon shows it',
      facts: { message: 'Memory limit exceeded: Maximum Used: 96MB\n' },
      want: 'oom_cgroup_limit failure proven',
    },
    {
      when: 'the message survives under a drain, which overwrites the reason',
      facts: {
        state: 'TASK_KILLED',
        reason: 'REASON_AGENT_DRAINING',
        message: 'Memory limit exceeded: Requested: 64MB',
      },
      want: 'oom_cgroup_limit failure proven',
    },
    {
      when: 'the old reason alone may be any kill by the containerizer',
      facts: { reason: 'REASON_MEMORY_LIMIT' },
      want: 'oom_cgroup_limit failure likely',
    },
    {
      when: 'the old reason on a disk quota',
      facts: { reason: 'REASON_MEMORY_LIMIT', message: 'Disk usage (2GB) exceeds quota (1GB)' },
      want: null,
    },
    {
      when: 'a scheduler that words it itself',
      facts: { message: 'Task exceeded memory limit (512 MB mem).' },
      want: 'oom_cgroup_limit failure likely',
    },
    {
      when: 'docker inspect says OOMKilled true',
      facts: { message: '"OOMKilled": true, "ExitCode": 137' },
      want: 'oom_cgroup_limit failure likely',
    },
    {
      when: 'docker inspect says OOMKilled false',
      facts: { message: '"OOMKilled": false, "ExitCode": 137' },
      want: null,
    },
    { when: '137 alone', facts: { message: 'Container exited with status 137', memMb: 1 }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(memoryLimit, facts)).toBe(want);
  });
});
