import { expect, it } from 'vitest';

import { axisLabel, bucketLabel } from './bucket-label';

const HOUR = 3_600_000;
const now = new Date('2026-11-25T20:00:00Z');

it.each([
  ['2026', 24, '14:00'],
  ['2026', 168, '25 Nov 14:00'],
  ['2026', 720, '25 Nov'],
  ['2015', 1, '25 Nov 2015 14:00'],
  ['2015', 168, '25 Nov 2015 14:00'],
  ['2015', 720, '25 Nov 2015'],
])('in %s, over %s hours, the axis says %s', (year, hours, text) => {
  expect(axisLabel(`${year}-11-25T14:00:00Z`, hours * HOUR, 'UTC', now)).toBe(text);
});

it('a bucket names its day once, twice where it crosses midnight, and its year where it is another', () => {
  expect(bucketLabel({ start: '2026-11-25T14:00:00Z', end: '2026-11-25T14:15:00Z' }, 'UTC', now)).toBe(
    '25 Nov 14:00 – 14:15',
  );
  expect(bucketLabel({ start: '2026-11-25T23:00:00Z', end: '2026-11-26T01:00:00Z' }, 'UTC', now)).toBe(
    '25 Nov 23:00 – 26 Nov 01:00',
  );
  expect(bucketLabel({ start: '2015-04-14T14:00:00Z', end: '2015-04-14T14:15:00Z' }, 'UTC', now)).toBe(
    '14 Apr 2015 14:00 – 14:15',
  );
});
