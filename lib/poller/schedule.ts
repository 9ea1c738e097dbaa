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

/** The least time from the start of one poll to that of one asked for before its time. */
export const MIN_EXTRA_MS = 2_000;

/**
 * When a poll may start that an event asked for: 2 s after the start of the last one, and not before twice its
 * duration has passed since its end, so that masters are read at most a third of the time whatever happens.
 */
export function extraPollAt({ startedAt, finishedAt }: { startedAt: Date; finishedAt: Date }): Date {
  const durationMs = finishedAt.getTime() - startedAt.getTime();
  return new Date(Math.max(startedAt.getTime() + MIN_EXTRA_MS, finishedAt.getTime() + 2 * durationMs));
}
