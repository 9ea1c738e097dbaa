/**
 * `seconds`: 2026-11-25 01:06:33 · `minutes`: 25 Nov 01:06 · `clock`: 01:06:33 · `hour`: 01:06 ·
 * `day`: Wed 25 Nov 2026 · `date`: 25 Nov.
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

const cache = new Map<string, Intl.DateTimeFormat>();

/** An instant in `timeZone` (an IANA name); an unknown zone falls back to UTC. Not a date: `–`. */
export function formatTime(at: Date, timeZone: string, style: TimeStyle = 'seconds'): string {
  if (Number.isNaN(at.getTime())) return '–';
  return formatter(timeZone, style).format(at).replace(/,/g, '');
}

/** The full ISO 8601 instant in words for a title: `2026-11-25 01:06:33 UTC`. */
export function formatUtc(at: Date): string {
  return `${formatTime(at, 'UTC')} UTC`;
}

/** A window in words: `25 Nov 01:06 – 26 Nov 01:06`; the second day only where it differs, `25 Nov 01:06 – 02:00`. */
export function formatWindow(window: { from: Date; to: Date }, timeZone: string): string {
  const isOneDay = dayOf(window.from, timeZone) === dayOf(window.to, timeZone);
  return `${formatTime(window.from, timeZone, 'minutes')} – ${formatTime(window.to, timeZone, isOneDay ? 'hour' : 'minutes')}`;
}

/** A calendar day `2026-11-25` in words, no zone involved: `Wed 25 Nov 2026`. */
export function formatDay(day: string): string {
  return formatTime(new Date(`${day}T00:00:00Z`), 'UTC', 'day');
}

/** The calendar day `2026-11-25` an instant falls on in `timeZone`. */
export function dayOf(at: Date, timeZone: string): string {
  return formatTime(at, timeZone, 'seconds').slice(0, 10);
}

function formatter(timeZone: string, style: TimeStyle): Intl.DateTimeFormat {
  const key = `${style} ${timeZone}`;
  let made = cache.get(key);
  if (made === undefined) {
    made = makeFormatter(timeZone, style);
    cache.set(key, made);
  }
  return made;
}

function makeFormatter(timeZone: string, style: TimeStyle): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(LOCALES[style], { ...OPTIONS[style], timeZone });
  } catch {
    return new Intl.DateTimeFormat(LOCALES[style], { ...OPTIONS[style], timeZone: 'UTC' });
  }
}
