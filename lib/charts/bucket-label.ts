import { formatTime, formatWindow } from '@/lib/format/times';

const HOUR_MS = 3_600_000;

/** The label of a bucket on the time axis: as coarse as the window allows. */
export function axisLabel(start: string, windowMs: number, timeZone: string): string {
  const at = new Date(start);
  if (windowMs <= 30 * HOUR_MS) return formatTime(at, timeZone, 'hour');
  if (windowMs <= 8 * 24 * HOUR_MS) return formatTime(at, timeZone, 'minutes');
  return formatTime(at, timeZone, 'date');
}

/** The span of a bucket in words: `25 Nov 14:00 – 14:15`. */
export function bucketLabel(bucket: { start: string; end: string }, timeZone: string): string {
  return formatWindow({ from: new Date(bucket.start), to: new Date(bucket.end) }, timeZone);
}
