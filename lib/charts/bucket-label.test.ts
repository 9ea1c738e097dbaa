import { expect, it } from 'vitest';

import { axisLabel, bucketLabel } from './bucket-label';

const HOUR = 3_600_000;

it.each([
  [24, '14:00'],
  [168, '25 Nov 14:00'],
  [720, '25 Nov'],
])('over %s hours the axis says %s', (hours, text) => {
  expect(axisLabel('2026-11-25T14:00:00Z', hours * HOUR, 'UTC')).toBe(text);
});

it('a bucket names its day once, twice where it crosses midnight', () => {
  expect(bucketLabel({ start: '2026-11-25T14:00:00Z', end: '2026-11-25T14:15:00Z' }, 'UTC')).toBe(
    '25 Nov 14:00 – 14:15',
  );
  expect(bucketLabel({ start: '2026-11-25T23:00:00Z', end: '2026-11-26T01:00:00Z' }, 'UTC')).toBe(
    '25 Nov 23:00 – 26 Nov 01:00',
  );
});
