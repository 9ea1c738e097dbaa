import { describe, expect, it } from 'vitest';

import { formatDuration, formatRelative } from './durations';

describe('formatDuration', () => {
  it.each([
    [null, '–'],
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [4200, '4.2 s'],
    [59_700, '1 min'],
    [185_000, '3 min 5 s'],
    [7_980_000, '2 h 13 min'],
    [446_400_000, '5 d 4 h'],
    [-2000, '−2 s'],
  ])('%s ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('formatRelative', () => {
  const now = new Date('2026-11-25T12:00:00Z');
  const before = (ms: number): Date => new Date(now.getTime() - ms);
  it.each([
    [4_999, 'just now'],
    [5_000, '5 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [47 * 3_600_000, '47 h ago'],
    [48 * 3_600_000, '2 d ago'],
    [729 * 86_400_000, '729 d ago'],
    [11.6 * 365.25 * 86_400_000, '11 y ago'],
    [-180_000, 'in 3 min'],
  ])('%s ms before now is %s', (ms, text) => expect(formatRelative(before(ms), now)).toBe(text));
});
