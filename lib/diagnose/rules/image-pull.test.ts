import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { imagePull } from './image-pull';

describe('imagePull', () => {
  it.each<Row>([
    {
      when: 'no such tag',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message:
          "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull r/x:1': exited with status 1; stderr='Error response from daemon: manifest for r/x:1 not found'",
      },
      want: 'image_pull_failure failure proven',
    },
    {
      when: 'up to 0.28',
      facts: {
        message:
          "Failed to 'docker pull r/x:1': exit status = exited with status 1 stderr = Error: image r/x:1 not found",
      },
      want: 'image_pull_failure failure proven',
    },
    {
      when: 'the provisioner of Mesos itself',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message:
          "Failed to launch container: Unexpected HTTP response '404 Not Found' when trying to get the manifest",
      },
      want: 'image_pull_failure failure proven',
    },
    {
      when: 'the registry does not answer',
      facts: {
        message:
          'docker: Error response from daemon: Get https://registry-1.docker.io/v2/: net/http: TLS handshake timeout.',
      },
      want: 'image_pull_failure failure likely',
    },
    {
      when: 'destroyed while pulling is no error of the pull',
      facts: { reason: 'REASON_EXECUTOR_TERMINATED', message: 'Container destroyed while pulling image' },
      want: null,
    },
    {
      when: 'an inspect that found nothing',
      facts: {
        message:
          "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock inspect mesos-1': exited with status 1; stderr='Error: No such object: mesos-1'",
      },
      want: null,
    },
    {
      when: 'an app that could not reach its service registry',
      facts: { message: 'Container exited with status 1' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(imagePull, facts)).toBe(want);
  });
});
