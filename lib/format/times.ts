/**
 * `seconds`: 2026-11-25 01:06:33 · `minutes`: 25 Nov 01:06 · `clock`: 01:06:33 · `hour`: 01:06 ·
 * `day`: Wed 25 Nov 2026 · `date`: 25 Nov. Of another year than the reader's, `minutes` and `date` tell it:
 * 14 Apr 2015 12:53. Pages are read years later.
 */
export type TimeStyle = 'seconds' | 'minutes' | 'clock' | 'hour' | 'day' | 'date';

const OPTIONS: Record<TimeStyle, Intl.DateTimeFormatOptions> = {
  seconds: { dateStyle: 'short', timeStyle: 'medium' },
  minutes: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  clock: { timeStyle: 'medium' },
  hour: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  date: { day: 'numeric', month: 'short' },
  day: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
};

// sv-SE writes ISO-like dates in every ICU; en-GB the short month names.
const LOCALES: Record<TimeStyle, string> = {
  seconds: 'sv-SE',
  minutes: 'en-GB',
  clock: 'sv-SE',
  hour: 'en-GB',
  day: 'en-GB',
  date: 'en-GB',
};

/** With the year in them. */
const DATED: Partial<Record<TimeStyle, Intl.DateTimeFormatOptions>> = {
  minutes: { ...OPTIONS.minutes, year: 'numeric' },
  date: { ...OPTIONS.date, year: 'numeric' },
};

const cache = new Map<string, Intl.DateTimeFormat>();

/**
 * An instant in `timeZone` (an IANA name); an unknown zone falls back to UTC. `now` decides whether its year goes
 * without saying; null: it never does. Not a date: `–`.
 */
export function formatTime(
  at: Date,
  timeZone: string,
  style: TimeStyle = 'seconds',
  now: Date | null = null,
): string {
  if (Number.isNaN(at.getTime())) return '–';
  const dated = DATED[style] !== undefined && !isOfSameYear(at, now, timeZone);
  return formatter(timeZone, style, dated).format(at).replace(/,/g, '');
}

/** The full ISO 8601 instant in words for a title: `2026-11-25 01:06:33 UTC`. */
export function formatUtc(at: Date): string {
  return `${formatTime(at, 'UTC')} UTC`;
}

/** A window in words: `25 Nov 01:06 – 26 Nov 01:06`; the second day only where it differs, `25 Nov 01:06 – 02:00`. */
export function formatWindow(window: { from: Date; to: Date }, timeZone: string, now: Date | null): string {
  const isOneDay = dayOf(window.from, timeZone) === dayOf(window.to, timeZone);
  const end = formatTime(window.to, timeZone, isOneDay ? 'hour' : 'minutes', now);
  return `${formatTime(window.from, timeZone, 'minutes', now)} – ${end}`;
}

/** A calendar day `2026-11-25` in words, no zone involved: `Wed 25 Nov 2026`. */
export function formatDay(day: string): string {
  return formatTime(new Date(`${day}T00:00:00Z`), 'UTC', 'day');
}

/** The calendar day `2026-11-25` an instant falls on in `timeZone`. */
export function dayOf(at: Date, timeZone: string): string {
  return formatTime(at, timeZone, 'seconds').slice(0, 10);
}

/** Whether both fall into one year of the zone's calendar. */
export function isOfSameYear(at: Date, now: Date | null, timeZone: string): boolean {
  return now !== null && dayOf(at, timeZone).slice(0, 4) === dayOf(now, timeZone).slice(0, 4);
}

function formatter(timeZone: string, style: TimeStyle, dated: boolean): Intl.DateTimeFormat {
  const key = `${style} ${dated} ${timeZone}`;
  let made = cache.get(key);
  if (made === undefined) {
    made = makeFormatter(timeZone, style, dated);
    cache.set(key, made);
  }
  return made;
}

function makeFormatter(timeZone: string, style: TimeStyle, dated: boolean): Intl.DateTimeFormat {
  const options = (dated ? DATED[style] : undefined) ?? OPTIONS[style];
  try {
    return new Intl.DateTimeFormat(LOCALES[style], { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat(LOCALES[style], { ...options, timeZone: 'UTC' });
  }
}
