import { env } from '@/lib/config/env';
import { VERSION } from '@/lib/http/version';
import type { StatusInput } from '@/lib/stats/status';

/** What the status depends on in the settings. */
export function statusInput(): StatusInput {
  const settings = env();
  return {
    version: VERSION,
    role: settings.ROLE,
    pollIntervalMs: settings.POLL_INTERVAL_MS,
    simulated: settings.SIMULATED,
    retentionDays: settings.RETENTION_DAYS,
    sandboxRetentionDays: settings.SANDBOX_RETENTION_DAYS,
  };
}
