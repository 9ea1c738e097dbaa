import { expect, it } from 'vitest';

import { formatDelta } from './delta';

it.each([
  [3, 3, '='],
  [0, 0, '='],
  [5, 3, '+2'],
  [3, 5, '−2'],
  [12_000, 0, '+12,000'],
])('%i against %i: %s', (now, before, text) => {
  expect(formatDelta(now, before)).toBe(text);
});
