import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { noSpace } from './no-space';

describe('noSpace', () => {
  it.each<Row>([
    {
      when: 'a pull onto a full disk',
      facts: {
        message:
          "Failed to launch container: Failed to run 'docker pull r/x:1': exited with status 1; stderr='write /var/lib/docker/tmp/GetImageBlob1: no space left on device'",
      },
      want: 'no_space_left_on_device failure likely',
    },
    {
      when: "Docker's thin pool",
      facts: {
        message:
          'docker: Error response from daemon: devmapper: Thin Pool has 10 free data blocks which is less than minimum required 20 free data blocks.',
      },
      want: 'no_space_left_on_device failure likely',
    },
    {
      when: 'a cpuset without processors',
      facts: { message: 'write /sys/fs/cgroup/cpuset/docker/1/tasks: no space left on device' },
      want: null,
    },
    {
      when: 'too many cgroups',
      facts: { message: 'mkdir /sys/fs/cgroup/memory/docker/1: no space left on device' },
      want: null,
    },
    { when: 'the watch limit', facts: { message: 'inotify_add_watch: no space left on device' }, want: null },
    { when: 'over its own quota', facts: { message: 'Disk usage (2GB) exceeds quota (1GB)' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(noSpace, facts)).toBe(want);
  });
});
