// The docker client's own words at the start of a message: nothing of Mesos stands around them.
const RUN_COMPLAINT = /(?:^|\n)docker: /;
const CLIENT_STARTS: readonly string[] = [
  'error response from daemon: ',
  'cannot connect to the docker daemon',
  'failed to connect to the docker api',
  'fata[',
  'filesystem layer verification failed',
];
const PULL_OR_CONNECT: readonly string[] = [
  'cannot connect to the docker daemon',
  'failed to connect to the docker api',
  'docker.sock',
  'get "http',
  'get http',
  'post http',
  'manifest',
  'pull access denied',
  'filesystem layer verification failed',
  'x509',
];
const RUNTIME_STARTS: readonly string[] = ['oci runtime '];

/**
 * The exit status the docker client ends with when it prints this (lower case), by docker/cli's
 * `runStartContainerErr`: `docker run` ends with 127 when the command is not found, 126 when it may not be
 * executed and 125 for any other error of the daemon; every other command ends with 1. Null: not its words.
 */
export function dockerClientExitCode(lower: string): number | null {
  if (RUN_COMPLAINT.test(lower) || RUNTIME_STARTS.some((start) => lower.startsWith(start))) {
    return runExitCode(lower);
  }
  const isClient = CLIENT_STARTS.some((start) => lower.startsWith(start));
  return isClient && PULL_OR_CONNECT.some((phrase) => lower.includes(phrase)) ? 1 : null;
}

function runExitCode(lower: string): number {
  if (lower.includes('executable file not found') || isExecOf(lower, 'no such file or directory')) return 127;
  if (isExecOf(lower, 'permission denied') || isExecOf(lower, 'is a directory')) return 126;
  return 125;
}

function isExecOf(lower: string, complaint: string): boolean {
  return lower.includes(complaint) && (lower.includes('exec: ') || lower.includes('exec user process'));
}
