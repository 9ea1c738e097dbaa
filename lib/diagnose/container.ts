import type { Facts } from '@/lib/domain/verdict';

import type { Reading } from './reading';

/** True where the container was run by Docker, as far as the facts tell; executors of Mesos say Container for it. */
export function isDockerContainer(facts: Facts, reading: Reading): boolean {
  if (facts.containerizer !== null) return facts.containerizer.toUpperCase() === 'DOCKER';
  return facts.image !== null || /\bcontainer (?:exited|terminated)\b/.test(reading.lower);
}

/**
 * A line for `because` where the process that a signal ended was the `docker run` client: Docker would have turned
 * the container's own signal into an exit code. Empty for everything else.
 */
export function dockerClientNote(facts: Facts, reading: Reading): string[] {
  const isClient =
    reading.signal?.from === 'wait' &&
    reading.lower.includes('container terminated with signal') &&
    isDockerContainer(facts, reading);
  return isClient
    ? ['What the signal ended was the docker run client on the host: the container itself may still run.']
    : [];
}
