import { NOT_KNOWN } from './numbers';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365.25 * DAY;

/** A length of time in its two largest units: `820 ms`, `4.2 s`, `3 min 5 s`, `2 h 13 min`, `5 d 4 h`. Null: `–`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NOT_KNOWN;
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1).replace('.0', '')} s`;
  const whole = Math.round(ms / SECOND) * SECOND;
  if (whole < MINUTE) return `${whole / SECOND} s`;
  if (whole < HOUR) return two(whole, MINUTE, 'min', SECOND, 's');
  if (whole < DAY) return two(whole, HOUR, 'h', MINUTE, 'min');
  return two(whole, DAY, 'd', HOUR, 'h');
}

/** How long ago in one unit: `just now`, `40 s ago`, `3 min ago`, `5 h ago`, `2 d ago`, `11 y ago`; ahead of us: `in 3 min`. */
export function formatRelative(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  const size = Math.abs(ms);
  if (size < 5 * SECOND) return 'just now';
  const text = oneUnit(size);
  return ms > 0 ? `${text} ago` : `in ${text}`;
}

/** One unit, rounded down: `59 s`, `59 min`, `47 h`, `3 d`; years from the second on, `2 y`. */
export function oneUnit(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  if (ms < 2 * YEAR) return `${Math.floor(ms / DAY)} d`;
  return `${Math.floor(ms / YEAR)} y`;
}

function two(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const bigs = Math.floor(ms / big);
  const smalls = Math.floor((ms - bigs * big) / small);
  return smalls === 0 ? `${bigs} ${bigName}` : `${bigs} ${bigName} ${smalls} ${smallName}`;
}
