import { env } from '@/lib/config/env';
import type { StripInput } from '@/lib/stats/strip';

/** What the strip of every page depends on in the settings. */
export function stripInput(): StripInput {
  const { MESOS_MASTER_URLS, POLL_INTERVAL_MS, ROLE, SIMULATED, TIME_ZONE } = env();
  return {
    pollIntervalMs: POLL_INTERVAL_MS,
    simulated: SIMULATED,
    timeZone: TIME_ZONE,
    // A web replica need not know them: another process collects.
    hasMasters: ROLE === 'web' || MESOS_MASTER_URLS.length > 0,
  };
}
