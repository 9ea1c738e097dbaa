const DAY_MS = 86_400_000;

export type WallTime = {
  /** Null where the stamp tells none. */
  year: number | null;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
};

/** What a clock on the wall of a zone shows, as an instant. */
export type ZoneClock = {
  /**
   * Null for a date that cannot be (30 February). Without a year, the latest one that is not more than a day
   * after `receivedAt`. An hour that a change to summer time skips is read as if the change had not been yet.
   */
  toInstant(wall: WallTime): Date | null;
};

/** `timeZone`: IANA; an unknown one is read as UTC. Cost: one Intl call per zone and hour, kept for 64 hours. */
export function zoneClock(timeZone: string, receivedAt: Date): ZoneClock {
  const offsetAt = offsetOf(timeZone);
  const latest = receivedAt.getTime() + DAY_MS;
  // The zone can be a day further than UTC.
  const latestYear = new Date(latest + DAY_MS).getUTCFullYear();
  const toInstant = (wall: WallTime): Date | null => {
    if (wall.year !== null) return instantIn(wall, wall.year, offsetAt);
    // Eight years back: 29 February is seldom.
    for (let guess = latestYear; guess > latestYear - 9; guess -= 1) {
      const instant = instantIn(wall, guess, offsetAt);
      if (instant && instant.getTime() <= latest) return instant;
    }
    return null;
  };
  return { toInstant };
}

/** The instant of a wall time with a known offset in minutes east of UTC. Null for a date that cannot be. */
function instantAtOffset(wall: WallTime & { year: number }, offsetMinutes: number): Date | null {
  const utc = utcOf(wall, wall.year);
  return utc === null ? null : toDate(utc - offsetMinutes * 60_000);
}

function instantIn(wall: WallTime, year: number, offsetAt: (utcMs: number) => number): Date | null {
  const asUtc = utcOf(wall, year);
  if (asUtc === null) return null;
  const first = asUtc - offsetAt(asUtc);
  return toDate(asUtc - offsetAt(first));
}

function utcOf(wall: WallTime, year: number): number | null {
  const { month, day, hour, minute, second, ms } = wall;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return null;
  if (year < 1970 || year > 9_999 || day > daysIn(month, year)) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

function daysIn(month: number, year: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function toDate(ms: number): Date | null {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms) : null;
}

function offsetOf(timeZone: string): (utcMs: number) => number {
  const format = formatOf(timeZone);
  if (!format) return () => 0;
  const known = new Map<number, number>();
  return (utcMs) => {
    const hour = Math.floor(utcMs / 900_000);
    const found = known.get(hour);
    if (found !== undefined) return found;
    const parts = Object.fromEntries(
      format.formatToParts(new Date(hour * 900_000)).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 1970, month = 1, day = 1, hour: h = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, h, minute, second) - hour * 900_000;
    if (known.size >= 64) known.clear();
    known.set(hour, offset);
    return offset;
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  if (timeZone === 'UTC') return null;
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return null;
  }
}

/**
 * Month names and their short forms as `strftime` writes them in the locales that servers are set to
 * (`dmesg -T` uses the locale), without accents (and so `маи`) and dots,
 * in lower case.
 */
const MONTHS: readonly (readonly string[])[] = [
  ['jan', 'janv', 'ene', 'gen', 'sty', 'led', 'янв', 'janvier', 'januar', 'january', 'tammi', 'oca'],
  ['feb', 'fev', 'fevr', 'lut', 'uno', 'фев', 'fevrier', 'februar', 'february', 'helmi', 'sub'],
  ['mar', 'mars', 'mrz', 'marz', 'mrt', 'maa', 'bre', 'мар', 'marec', 'march', 'maalis'],
  ['apr', 'avr', 'avril', 'abr', 'kwi', 'dub', 'апр', 'april', 'huhti', 'nis'],
  ['may', 'mai', 'mag', 'mei', 'maj', 'kve', 'мая', 'маи', 'touko'],
  ['jun', 'juin', 'giu', 'cze', 'cer', 'июн', 'juni', 'june', 'kesa', 'haz'],
  ['jul', 'juil', 'lug', 'lip', 'cvc', 'июл', 'juli', 'july', 'heina', 'tem'],
  ['aug', 'aout', 'ago', 'sie', 'srp', 'авг', 'august', 'elo', 'agu'],
  ['sep', 'sept', 'set', 'wrz', 'zar', 'сен', 'september', 'syys', 'eyl'],
  ['oct', 'okt', 'ott', 'out', 'paz', 'rij', 'окт', 'october', 'oktober', 'loka', 'eki'],
  ['nov', 'lis', 'ноя', 'november', 'marras', 'kas'],
  ['dec', 'dez', 'dic', 'gru', 'pro', 'дек', 'december', 'dezember', 'joulu', 'ara'],
];
const MONTH_OF = new Map(MONTHS.flatMap((names, index) => names.map((name) => [name, index + 1] as const)));

/** 1 to 12 for a month's name, short or long, in the locales above, or `9月`, `9월`. Null: none of them. */
export function monthOf(name: string): number | null {
  const numbered = /^(\d{1,2})[月월]$/.exec(name);
  if (numbered) {
    const month = Number(numbered[1]);
    return month >= 1 && month <= 12 ? month : null;
  }
  const english = MONTH_OF.get(name.toLowerCase());
  if (english !== undefined) return english;
  const plain = name
    .slice(0, 16)
    .normalize('NFD')
    .replace(/[\u0300-\u036f.]/g, '')
    .toLowerCase();
  return MONTH_OF.get(plain) ?? null;
}

/** `2020-05-14T23:17:24.003+02:00`, with a blank or comma in places; `2020/05/14 23:17:24`. */
const ISO =
  /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,:](\d{1,9}))?( ?Z| ?UTC| ?GMT| ?[+-]\d\d:?\d\d)?$/;

/** Null: the text is no such time. Without a zone the clock's own is meant. */
export function parseIso(text: string, clock: ZoneClock): Date | null {
  const found = text.length <= 48 ? ISO.exec(text) : null;
  return found ? isoInstant(found, clock) : null;
}

/** Of a match with the groups year, month, day, hour, minute, second, fraction, zone. */
export function isoInstant(found: RegExpExecArray, clock: ZoneClock): Date | null {
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  const wall = wallTime({ year, month: Number(month), day, hour, minute, second, fraction });
  const offset = zone === undefined ? null : offsetMinutes(zone.trim());
  return offset === null ? clock.toInstant(wall) : instantAtOffset({ ...wall, year: Number(year) }, offset);
}

function offsetMinutes(zone: string): number {
  const found = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return found[1] === '-' ? -minutes : minutes;
}

type Digits = string | undefined;

/** Of the digits that a stamp prints. */
export function wallTime(parts: {
  year?: Digits;
  month: number;
  day: Digits;
  hour: Digits;
  minute: Digits;
  second: Digits;
  fraction?: Digits;
}): WallTime {
  return {
    year: parts.year === undefined ? null : Number(parts.year),
    month: parts.month,
    day: Number(parts.day),
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    second: Number(parts.second),
    ms: milliseconds(parts.fraction),
  };
}

/** Of the digits after a second's point, cut, not rounded. */
export function milliseconds(fraction: Digits): number {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
}
