import { expect, it } from 'vitest';

import { daysOfWindow } from './whole-days';

const window = (from: string, to: string) => ({ from: new Date(from), to: new Date(to) });

it.each([
  ['2026-11-20T10:00:00Z', '2026-11-23T09:00:00Z', '2026-11-21T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['2026-11-20T00:00:00Z', '2026-11-22T00:00:00Z', '2026-11-20T00:00:00Z', '2026-11-22T00:00:00Z'],
  ['2026-11-20T00:00:00.001Z', '2026-11-21T23:59:59Z', '2026-11-21T23:59:59Z', '2026-11-21T23:59:59Z'],
  ['2026-11-20T10:00:00Z', '2026-11-20T11:00:00Z', '2026-11-20T11:00:00Z', '2026-11-20T11:00:00Z'],
])('%s to %s has the days from %s to %s', (from, to, first, last) => {
  expect(daysOfWindow(window(from, to))).toEqual(window(first, last));
});
