import { expect, it } from 'vitest';

import { timeToEnd } from './time-to-end';

const END = '2026-11-25T01:06:33.250Z';

it.each([
  ['2026-11-25T01:06:33.234Z', '16 ms before the status'],
  ['2026-11-25T01:06:34.750Z', '1.5 s after the status'],
  ['2026-11-25T01:06:33.250Z', 'at the very time of the status'],
  ['2026-11-25T01:05:03.001Z', '1 min 30 s before the status'],
  // Whole seconds: milliseconds would be made up.
  ['2026-11-25T01:06:33.000Z', 'in the same second as the status'],
  ['2026-11-25T01:06:31.000Z', '1 s before the status'],
  ['2026-11-25T01:06:34.000Z', '1 s after the status'],
  ['2026-11-25T01:04:33.000Z', '1 min 59 s before the status'],
])('%s: %s', (at, text) => expect(timeToEnd(at, END)).toBe(text));

it('says nothing where a time is not known', () => {
  expect(timeToEnd(null, END)).toBeNull();
  expect(timeToEnd(END, null)).toBeNull();
});
