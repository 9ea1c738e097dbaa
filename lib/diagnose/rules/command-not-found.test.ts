import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { commandNotFound } from './command-not-found';

describe('commandNotFound', () => {
  it.each<Row>([
    {
      when: '127',
      facts: { message: 'Command exited with status 127' },
      want: 'command_not_found_or_not_executable failure likely',
    },
    {
      when: '126',
      facts: { message: 'Container exited with status 126' },
      want: 'command_not_found_or_not_executable failure likely',
    },
    {
      when: "runc's words",
      facts: {
        message:
          'docker: Error response from daemon: OCI runtime create failed: starting container process caused "exec: \\"srv\\": executable file not found in $PATH"',
      },
      want: 'command_not_found_or_not_executable failure likely',
    },
    {
      when: 'Mesos reports the launch',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message: 'Failed to launch container: exec format error',
      },
      want: 'command_not_found_or_not_executable failure proven',
    },
    {
      when: 'a shell',
      facts: { message: '/bin/sh: 1: srv: not found' },
      want: 'command_not_found_or_not_executable failure likely',
    },
    {
      when: 'a helper of the fetcher',
      facts: { message: "Failed to fetch 's3://b/x': hadoop: command not found" },
      want: null,
    },
    {
      when: 'a mount over a file',
      facts: {
        message:
          'OCI runtime create failed: rootfs_linux.go:58: mounting "/a" to rootfs caused "no such file or directory"',
      },
      want: null,
    },
    {
      when: 'a missing shim of Docker',
      facts: {
        message:
          'docker: Error response from daemon: failed to start shim: exec: "containerd-shim": executable file not found in $PATH.',
      },
      want: null,
    },
    {
      when: 'an app that misses a file',
      facts: { message: 'open /etc/app.conf: no such file or directory' },
      want: null,
    },
    {
      when: 'killed: the health check command was not found',
      facts: { state: 'TASK_KILLED', message: 'sh: curl: not found' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(commandNotFound, facts)).toBe(want);
  });
});
