import { describe, expect, it } from 'vitest';

import { monthOf, type WallTime, zoneClock } from './log-time';

const at = (text: string): WallTime => {
  const [year, month, day, hour, minute, second] = text.split(/\D/).map(Number);
  return {
    year: year || null,
    month: month ?? 0,
    day: day ?? 0,
    hour: hour ?? 0,
    minute: minute ?? 0,
    second: second ?? 0,
    ms: 0,
  };
};

describe('a wall time becomes an instant', () => {
  it.each([
    ['in UTC', 'UTC', '2026-11-25T00:00:00Z', '2025-03-04 05:06:07', '2025-03-04T05:06:07.000Z'],
    ['in winter', 'Europe/Berlin', '2026-11-25T00:00:00Z', '2025-01-04 05:06:07', '2025-01-04T04:06:07.000Z'],
    ['in summer', 'Europe/Berlin', '2026-11-25T00:00:00Z', '2025-07-04 05:06:07', '2025-07-04T03:06:07.000Z'],
    [
      'half an hour off',
      'Asia/Kolkata',
      '2026-11-25T00:00:00Z',
      '2025-07-04 05:06:07',
      '2025-07-03T23:36:07.000Z',
    ],
    ['of this year', 'UTC', '2026-11-25T00:00:00Z', '0 11 24 10:00:00', '2026-11-24T10:00:00.000Z'],
    [
      'of a clock ahead by hours',
      'UTC',
      '2026-11-25T00:00:00Z',
      '0 11 25 23:00:00',
      '2026-11-25T23:00:00.000Z',
    ],
    ['of the year before', 'UTC', '2026-11-25T00:00:00Z', '0 11 26 01:00:00', '2025-11-26T01:00:00.000Z'],
    ['read in January', 'UTC', '2026-01-01T00:00:10Z', '0 12 31 23:59:59', '2025-12-31T23:59:59.000Z'],
    [
      'of a clock already in the new year',
      'UTC',
      '2025-12-31T23:59:50Z',
      '0 1 1 00:00:05',
      '2026-01-01T00:00:05.000Z',
    ],
    ['of a leap day', 'UTC', '2026-11-25T00:00:00Z', '0 2 29 01:00:00', '2024-02-29T01:00:00.000Z'],
    [
      'of an unknown zone',
      'Mars/Olympus',
      '2026-11-25T00:00:00Z',
      '2025-03-04 05:06:07',
      '2025-03-04T05:06:07.000Z',
    ],
  ])('%s', (_, zone, received, wall, want) => {
    expect(zoneClock(zone, new Date(received)).toInstant(at(wall))?.toISOString()).toBe(want);
  });

  it.each(['2025-02-30 00:00:00', '2025-13-01 00:00:00', '2025-01-01 24:00:00', '0 2 30 00:00:00'])(
    '%s cannot be',
    (wall) => {
      expect(zoneClock('UTC', new Date(0)).toInstant(at(wall))).toBeNull();
    },
  );
});

it('knows months of several locales and no other word', () => {
  expect(['Aug', 'août', 'März', '9月', '12월', 'мая', 'май', 'déc.', 'Out'].map(monthOf)).toEqual([
    8, 8, 3, 9, 12, 5, 5, 12, 10,
  ]);
  expect(['', 'Foo', '13月', 'kernel'].map(monthOf)).toEqual([null, null, null, null]);
});
