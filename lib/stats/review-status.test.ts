import { describe, expect, it } from 'vitest';

import { reviewStatus } from './review-status';

const dayFrom = new Date('2026-11-25T00:00:00Z');
const old = new Date('2026-11-01T00:00:00Z');

describe('reviewStatus', () => {
  it.each([
    {
      when: 'first seen at the start of the day',
      firstSeenAt: dayFrom,
      failures: 1,
      dayBefore: 0,
      want: 'new',
    },
    {
      when: 'first seen a moment before the day',
      firstSeenAt: new Date(dayFrom.getTime() - 1),
      failures: 1,
      dayBefore: 1,
      want: 'recurring',
    },
    { when: 'back after a quiet day', failures: 3, dayBefore: 0, want: 'worse' },
    { when: 'two more', failures: 2, dayBefore: 0, want: 'recurring' },
    { when: 'one and a half times as many', failures: 9, dayBefore: 6, want: 'recurring' },
    { when: 'more than one and a half times as many', failures: 10, dayBefore: 6, want: 'worse' },
    { when: 'far fewer', failures: 6, dayBefore: 10, want: 'better' },
    { when: 'a little fewer', failures: 6, dayBefore: 9, want: 'recurring' },
    {
      when: 'far fewer, but the day still runs',
      failures: 6,
      dayBefore: 10,
      partial: true,
      want: 'recurring',
    },
    { when: 'more already while the day runs', failures: 10, dayBefore: 6, partial: true, want: 'worse' },
  ])('$when: $want', ({ want, firstSeenAt = old, partial = false, failures, dayBefore }) => {
    expect(reviewStatus({ failures, dayBefore, firstSeenAt, dayFrom, partial })).toBe(want);
  });
});
