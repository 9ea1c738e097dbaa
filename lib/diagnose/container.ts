import type { Facts } from '@/lib/domain/verdict';

import type { Reading } from './reading';

/** True where the container was run by Docker, as far as the facts tell; executors of Mesos say Container for it. */
export function isDockerContainer(facts: Facts, reading: Reading): boolean {
  if (facts.containerizer !== null) return facts.containerizer.toUpperCase() === 'DOCKER';
  return facts.image !== null || /\bcontainer exited\b/.test(reading.lower);
}
