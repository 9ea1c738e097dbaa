import { formatTime, formatWindow, isOfSameYear } from '@/lib/format/times';

const HOUR_MS = 3_600_000;

/**
 * The label of a bucket on the time axis: as coarse as the window allows. Of another year than that of `now` it tells
 * the whole date, whatever the window: a bare hour of years ago would pass for one of today.
 */
export function axisLabel(start: string, windowMs: number, timeZone: string, now: Date): string {
  const at = new Date(start);
  if (windowMs > 8 * 24 * HOUR_MS) return formatTime(at, timeZone, 'date', now);
  if (windowMs > 30 * HOUR_MS || !isOfSameYear(at, now, timeZone)) {
    return formatTime(at, timeZone, 'minutes', now);
  }
  return formatTime(at, timeZone, 'hour');
}

/** The span of a bucket in words: `25 Nov 14:00 – 14:15`, with the year where it is not that of `now`. */
export function bucketLabel(bucket: { start: string; end: string }, timeZone: string, now: Date): string {
  return formatWindow({ from: new Date(bucket.start), to: new Date(bucket.end) }, timeZone, now);
}
