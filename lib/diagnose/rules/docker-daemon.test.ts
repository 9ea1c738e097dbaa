import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { dockerDaemon } from './docker-daemon';

describe('dockerDaemon', () => {
  it.each<Row>([
    {
      when: 'not running',
      facts: {
        message:
          'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      },
      want: 'docker_daemon_unresponsive failure likely',
    },
    {
      when: 'it lost the container under the executor',
      facts: { message: 'Failed to get exit status of container' },
      want: 'docker_daemon_unresponsive failure likely',
    },
    {
      when: 'the socket merely named in a command',
      facts: {
        message:
          "Failed to run 'docker -H unix:///var/run/docker.sock pull r/x:1': exited with status 1; stderr='manifest unknown'",
      },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(dockerDaemon, facts)).toBe(want);
  });
});
