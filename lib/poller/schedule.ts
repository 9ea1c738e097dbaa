/** The shortest pause between two polls, when one took longer than the interval. */
export const MIN_PAUSE_MS = 250;

/**
 * Milliseconds to wait after a cycle that began at `startedAt`, so that cycles start one interval apart. One
 * that overran is followed at once, but never without a pause: a slow master must not be polled harder.
 */
export function pauseAfter({
  startedAt,
  now,
  intervalMs,
}: {
  startedAt: Date;
  now: Date;
  intervalMs: number;
}): number {
  return Math.max(MIN_PAUSE_MS, startedAt.getTime() + intervalMs - now.getTime());
}

/** How long a lease runs: three intervals, and long enough for one slow poll. */
export function leaseTtlMs({ intervalMs, timeoutMs }: { intervalMs: number; timeoutMs: number }): number {
  return Math.max(3 * intervalMs, timeoutMs + intervalMs, 10_000);
}
