import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'cannot connect to the docker daemon',
  'is the docker daemon running',
  'failed to connect to the docker api',
  'docker.sock: connect',
  'dial unix /var/run/docker.sock',
  'dial unix /run/docker.sock',
  'failed to get exit status of container',
  'docker daemon is not responding',
  'docker daemon did not respond',
  'docker daemon hung',
  'docker daemon is hung',
  'docker daemon is not running',
  'docker is hung',
  'error during connect',
  'unixhttpconnectionpool',
  'docker daemon is unresponsive',
  'docker is not responding',
  'docker version timed out',
  'failed to dial containerd',
  'containerd: context deadline exceeded',
  'cannot connect to containerd',
  'grpc: the connection is unavailable',
  'rpc error: code = unavailable',
  'transport is closing',
  'connection error: desc = "transport',
  'docker inspect timed out',
];
// `docker …` commands of Mesos that ran into their time limit.
const TIMED_OUT = /'docker [^'\n]{1,400}' (?:timed out|did not finish|was discarded)/i;

/** Docker on that host did not answer: not running, hung, or restarted under its containers. */
export const dockerDaemon: Rule = {
  id: 'docker-daemon',
  matches(facts, reading) {
    if (mentions(reading, PHRASES) === null && !TIMED_OUT.test(reading.text)) return null;
    return {
      cause: 'docker_daemon_unresponsive',
      disposition: 'failure',
      proof: 'likely',
      summary: `Docker on the host did not answer for the task${ofApp(facts)}.`,
      because: [],
      advice: [
        'On the host: `systemctl status docker` and `journalctl -u docker`; did it restart or hang at that time? If other tasks of this host ended at the same minute, drain the host first.',
      ],
    };
  },
};
