import { describe, expect, it } from 'vitest';

import { dayOf, formatDay, formatTime, formatUtc, formatWindow } from './times';

const at = new Date('2026-11-25T01:06:33.250Z');
const now = new Date('2026-12-01T00:00:00Z');

describe('formatTime', () => {
  it.each([
    ['UTC', 'seconds', '2026-11-25 01:06:33'],
    ['Asia/Shanghai', 'seconds', '2026-11-25 09:06:33'],
    ['America/New_York', 'minutes', '24 Nov 20:06'],
    ['UTC', 'clock', '01:06:33'],
    ['UTC', 'hour', '01:06'],
    ['UTC', 'date', '25 Nov'],
    ['UTC', 'day', 'Wed 25 Nov 2026'],
    ['Nowhere/Land', 'seconds', '2026-11-25 01:06:33'],
  ] as const)('%s %s is %s', (zone, style, text) => expect(formatTime(at, zone, style, now)).toBe(text));

  it('midnight is 00, not 24', () => {
    expect(formatTime(new Date('2026-11-25T00:00:00Z'), 'UTC', 'minutes', now)).toBe('25 Nov 00:00');
  });

  it.each([
    ['2015-04-14T12:53:00Z', 'UTC', 'minutes', '14 Apr 2015 12:53'],
    ['2015-04-14T12:53:00Z', 'UTC', 'date', '14 Apr 2015'],
    ['2015-04-14T12:53:00Z', 'UTC', 'hour', '12:53'],
    ['2027-01-01T00:00:00Z', 'UTC', 'date', '1 Jan 2027'],
    // In Shanghai that is New Year’s morning already.
    ['2025-12-31T20:00:00Z', 'Asia/Shanghai', 'minutes', '1 Jan 04:00'],
    ['2025-12-31T20:00:00Z', 'UTC', 'minutes', '31 Dec 2025 20:00'],
  ] as const)('an instant of another year, %s in %s, tells it: %s is %s', (then, zone, style, text) =>
    expect(formatTime(new Date(then), zone, style, now)).toBe(text),
  );

  it('without a reader’s year every one is told', () =>
    expect(formatTime(at, 'UTC', 'minutes')).toBe('25 Nov 2026 01:06'));

  it('what is no date is not invented', () => expect(formatTime(new Date('x'), 'UTC')).toBe('–'));
});

it('titles, windows and days', () => {
  expect(formatUtc(at)).toBe('2026-11-25 01:06:33 UTC');
  expect(formatWindow({ from: at, to: new Date('2026-11-26T01:06:00Z') }, 'UTC', now)).toBe(
    '25 Nov 01:06 – 26 Nov 01:06',
  );
  expect(formatWindow({ from: at, to: new Date('2026-11-25T02:00:00Z') }, 'UTC', now)).toBe(
    '25 Nov 01:06 – 02:00',
  );
  expect(
    formatWindow(
      { from: new Date('2025-12-31T12:00:00Z'), to: new Date('2026-01-01T12:00:00Z') },
      'UTC',
      now,
    ),
  ).toBe('31 Dec 2025 12:00 – 1 Jan 12:00');
  expect(formatDay('2026-11-25')).toBe('Wed 25 Nov 2026');
  expect(dayOf(at, 'Asia/Shanghai')).toBe('2026-11-25');
  expect(dayOf(at, 'America/Los_Angeles')).toBe('2026-11-24');
});
