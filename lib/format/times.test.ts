import { describe, expect, it } from 'vitest';

import { dayOf, formatDay, formatTime, formatUtc, formatWindow } from './times';

const at = new Date('2026-11-25T01:06:33.250Z');

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
  ] as const)('%s %s is %s', (zone, style, text) => expect(formatTime(at, zone, style)).toBe(text));

  it('midnight is 00, not 24', () => {
    expect(formatTime(new Date('2026-11-25T00:00:00Z'), 'UTC', 'minutes')).toBe('25 Nov 00:00');
  });

  it('what is no date is not invented', () => expect(formatTime(new Date('x'), 'UTC')).toBe('–'));
});

it('titles, windows and days', () => {
  expect(formatUtc(at)).toBe('2026-11-25 01:06:33 UTC');
  expect(formatWindow({ from: at, to: new Date('2026-11-26T01:06:00Z') }, 'UTC')).toBe(
    '25 Nov 01:06 – 26 Nov 01:06',
  );
  expect(formatWindow({ from: at, to: new Date('2026-11-25T02:00:00Z') }, 'UTC')).toBe(
    '25 Nov 01:06 – 02:00',
  );
  expect(formatDay('2026-11-25')).toBe('Wed 25 Nov 2026');
  expect(dayOf(at, 'Asia/Shanghai')).toBe('2026-11-25');
  expect(dayOf(at, 'America/Los_Angeles')).toBe('2026-11-24');
});
