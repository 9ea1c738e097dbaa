import type { Window } from '@/lib/contracts/window';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** More stacked bars than this take a browser seconds to draw. */
export const MAX_BUCKETS = 120;

/** Widths that people read off a time axis. */
const STEPS_MS = [
  ...[1, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 8, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7].map((days) => days * DAY_MS),
];

/**
 * The narrowest step whose buckets, aligned to the epoch (UTC), cover the window in at most 120; whole days
 * where no named step does.
 */
export function timelineStep(window: Window): number {
  const named = STEPS_MS.find((stepMs) => bucketCount(window, stepMs) <= MAX_BUCKETS);
  // One bucket fewer, since a window that is not aligned touches one more.
  return (
    named ?? Math.ceil((window.to.getTime() - window.from.getTime()) / (MAX_BUCKETS - 1) / DAY_MS) * DAY_MS
  );
}

/** Starts of the aligned buckets that touch [from, to), oldest first. The first may lie before `from`. */
export function bucketStarts({ from, to }: Window, stepMs: number): Date[] {
  const first = Math.floor(from.getTime() / stepMs) * stepMs;
  return Array.from({ length: bucketCount({ from, to }, stepMs) }, (_, n) => new Date(first + n * stepMs));
}

function bucketCount({ from, to }: Window, stepMs: number): number {
  return Math.ceil(to.getTime() / stepMs) - Math.floor(from.getTime() / stepMs);
}
