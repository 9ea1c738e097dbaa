import type { SOURCE_HEALTHS, StatusBody } from '@/lib/contracts/status';

export type SourceHealth = (typeof SOURCE_HEALTHS)[number];

/** What health is decided on; `SourceHistory` has it. */
export type SourceFacts = {
  source: string;
  lastAttempt: { ok: boolean };
  lastSuccess: { finishedAt: Date } | null;
};

const STALE_INTERVALS = 3;

/** True where the last success lies more than 3 poll intervals back. */
export function isStale(lastSuccessAt: Date, pollIntervalMs: number, now: Date): boolean {
  return now.getTime() - lastSuccessAt.getTime() > STALE_INTERVALS * pollIntervalMs;
}

/**
 * `never`: no success at all. `failing`: the last attempt failed. `stale`: the last success is more than 3 poll
 * intervals old though nothing failed since: nobody collects. Else `ok`.
 */
export function sourceHealth(facts: SourceFacts, pollIntervalMs: number, now: Date): SourceHealth {
  if (facts.lastSuccess === null) return 'never';
  if (!facts.lastAttempt.ok) return 'failing';
  return isStale(facts.lastSuccess.finishedAt, pollIntervalMs, now) ? 'stale' : 'ok';
}

/** `blind`: no master was ever read. `degraded`: any source is not ok. */
export function overallHealth(
  sources: readonly { source: string; health: SourceHealth }[],
): StatusBody['health'] {
  const masters = sources.filter(({ source }) => source === 'mesos');
  if (masters.every(({ health }) => health === 'never')) return 'blind';
  return sources.every(({ health }) => health === 'ok') ? 'ok' : 'degraded';
}
