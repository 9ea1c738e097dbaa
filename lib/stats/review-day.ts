import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';
import { AppError } from '@/lib/errors';

export type ReviewDays = {
  day: Window;
  dayBefore: Window;
  sameWeekdayBefore: Window;
  /** Calendar days `2026-11-25`. */
  previousDay: string;
  nextDay: string;
};

type Row = Record<'from_at' | 'to_at' | 'before_at' | 'week_from' | 'week_to', Date> & {
  previous: string;
  next: string;
};

/**
 * The instants at which a calendar day of a time zone begins and ends, and those of the day before and of the same
 * weekday a week before. A day is 23 or 25 hours long where clocks change.
 *
 * Errors: BAD_REQUEST for a day that is none (1970-01-01 to 9999-12-30 are), CONFIG_INVALID for a zone that the
 * database does not know. Cost: no table is read.
 */
export async function reviewDays(db: Db, day: string, timeZone: string): Promise<ReviewDays> {
  if (!isDay(day)) {
    throw new AppError('BAD_REQUEST', `\`day\` must be a calendar day such as 2026-11-25, not ${shown(day)}`);
  }
  if (!isTimeZone(timeZone)) throw unknownZone(timeZone);
  const { rows } = await db
    .query<Row>(
      `SELECT d::timestamp AT TIME ZONE $2 AS from_at, (d + 1)::timestamp AT TIME ZONE $2 AS to_at,
              (d - 1)::timestamp AT TIME ZONE $2 AS before_at,
              (d - 7)::timestamp AT TIME ZONE $2 AS week_from, (d - 6)::timestamp AT TIME ZONE $2 AS week_to,
              to_char(d - 1, 'YYYY-MM-DD') AS previous, to_char(d + 1, 'YYYY-MM-DD') AS next
       FROM (SELECT $1::date AS d) AS asked`,
      [day, timeZone],
    )
    .catch((thrown: unknown) => {
      // invalid_parameter_value: Postgres's own list of zones differs from Node's.
      throw thrown instanceof Error && 'code' in thrown && thrown.code === '22023'
        ? unknownZone(timeZone)
        : thrown;
    });
  const row = rows[0];
  if (!row) throw new Error('A SELECT without a table gave no row');
  return {
    day: { from: row.from_at, to: row.to_at },
    dayBefore: { from: row.before_at, to: row.from_at },
    sameWeekdayBefore: { from: row.week_from, to: row.week_to },
    previousDay: row.previous,
    nextDay: row.next,
  };
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < '1970-01-01' || text > '9999-12-30') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

// Postgres takes any word as a POSIX zone (`Foo+5`), so Node's list decides.
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function unknownZone(timeZone: string): AppError {
  return new AppError(
    'CONFIG_INVALID',
    `TIME_ZONE must be an IANA name such as Europe/Berlin, not ${shown(timeZone)}`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
