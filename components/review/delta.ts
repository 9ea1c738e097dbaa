import { formatCount } from '@/lib/format/numbers';

/** A day's count against the day before: `+12`, `−3`, `=`. */
export function formatDelta(now: number, before: number): string {
  if (now === before) return '=';
  return now > before ? `+${formatCount(now - before)}` : `−${formatCount(before - now)}`;
}
