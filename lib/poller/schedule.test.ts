import { describe, expect, it } from 'vitest';

import { leaseTtlMs, MIN_PAUSE_MS, pauseAfter } from './schedule';

const startedAt = new Date('2026-03-01T12:00:00Z');
const after = (ms: number): Date => new Date(startedAt.getTime() + ms);

describe('pauseAfter', () => {
  it.each([
    { when: 'a quick cycle', took: 400, want: 29_600 },
    { when: 'a cycle just inside the interval', took: 29_750, want: MIN_PAUSE_MS },
    { when: 'a cycle that overran', took: 95_000, want: MIN_PAUSE_MS },
  ])('$when: $want ms', ({ took, want }) => {
    expect(pauseAfter({ startedAt, now: after(took), intervalMs: 30_000 })).toBe(want);
  });
});

describe('leaseTtlMs', () => {
  it.each([
    { intervalMs: 30_000, timeoutMs: 20_000, want: 90_000 },
    { intervalMs: 1_000, timeoutMs: 60_000, want: 61_000 },
    { intervalMs: 1_000, timeoutMs: 1_000, want: 10_000 },
  ])('outlives three intervals and one slow poll: $want ms', ({ want, ...given }) => {
    expect(leaseTtlMs(given)).toBe(want);
  });
});
