import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'failed to kill the docker container',
  'failed to kill container',
  'failed to kill all processes',
  'unable to stop docker container',
  'unable to kill',
  'cannot stop container',
  'cannot kill container',
  'could not kill container',
  'could not kill running container',
  'failed to stop container',
  'failed to stop after sending sigkill',
  'container kill failed',
  'could not be killed',
  'did not respond to kill',
  'failed to kill processes',
  'did not receive an exit event',
  'when destroying container',
  'failed to destroy container',
  'failed to destroy the container',
  'failed to destroy nested containers',
  'failed to destroy cgroup',
  'failed to remove root filesystem',
];

/** It was told to die and did not: the container may still run and hold its resources. */
export const killFailed: Rule = {
  id: 'kill-failed',
  matches(facts, reading) {
    if (mentions(reading, PHRASES) === null) return null;
    return {
      cause: 'kill_failed_container_stuck',
      disposition: 'failure',
      proof: 'likely',
      summary: `Mesos or Docker could not end the container${ofApp(facts)}; it may still be there, holding ports and memory.`,
      because: [],
      advice: [
        'On the host, look with `docker ps` for a container that should be gone, and with `ps axo pid,stat,wchan:30,cmd` for its processes: state D hangs in the kernel, often on storage.',
        'If Docker itself does not answer, restart it; a process in state D needs the host restarted.',
      ],
    };
  },
};
