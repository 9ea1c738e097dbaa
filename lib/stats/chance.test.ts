import { describe, expect, it } from 'vitest';

import { chance, poissonAtLeast } from './chance';

// Computed with 60-digit decimals.
describe('poissonAtLeast', () => {
  it.each([
    { count: 0, mean: 4, want: 1 },
    { count: 1, mean: 0, want: 0 },
    { count: 1, mean: 1, want: 6.321205588286e-1 },
    { count: 5, mean: 2, want: 5.265301734371e-2 },
    { count: 10, mean: 3, want: 1.102488130115e-3 },
    { count: 3, mean: 10, want: 9.972306042845e-1 },
    { count: 12, mean: 0.5, want: 3.214697303345e-13 },
    { count: 100, mean: 50, want: 3.200065324585e-10 },
    { count: 1000, mean: 1000, want: 5.042052441802e-1 },
    { count: 500, mean: 1000, want: 1 },
    { count: 2000, mean: 1500.5, want: 7.805570100395e-35 },
  ])('P(X >= $count) at mean $mean is $want', ({ count, mean, want }) => {
    const got = poissonAtLeast(count, mean);
    expect(Math.abs(got - want)).toBeLessThanOrEqual(want * 1e-8);
  });

  it('stays within 0 and 1 far out', () => {
    expect(poissonAtLeast(1_000_000, 10)).toBe(0);
    expect(poissonAtLeast(10, 1_000_000)).toBe(1);
  });
});

describe('chance', () => {
  it.each([
    {
      when: 'a host as the others: nothing odd',
      host: { failures: 2, hours: 100 },
      fleet: { failures: 20, hours: 1000 },
      want: 0.594,
    },
    {
      when: 'ten times the rate of the others',
      host: { failures: 20, hours: 100 },
      fleet: { failures: 38, hours: 1000 },
      want: 8e-15,
    },
    {
      when: 'the others never fail',
      host: { failures: 6, hours: 10 },
      fleet: { failures: 6, hours: 100 },
      want: 0,
    },
    {
      when: 'a host that never fails',
      host: { failures: 0, hours: 100 },
      fleet: { failures: 30, hours: 1000 },
      want: 1,
    },
  ])('$when', ({ host, fleet, want }) => {
    expect(chance(host, fleet)).toBeCloseTo(want, 3);
  });

  it.each([
    {
      when: 'four failures in the whole fleet',
      host: { failures: 4, hours: 1 },
      fleet: { failures: 4, hours: 9 },
    },
    {
      when: 'no task-hours on the host',
      host: { failures: 4, hours: 0 },
      fleet: { failures: 9, hours: 9 },
    },
    {
      when: 'no task-hours on the others',
      host: { failures: 9, hours: 9 },
      fleet: { failures: 9, hours: 9.000000000001 },
    },
  ])('nothing is said: $when', ({ host, fleet }) => {
    expect(chance(host, fleet)).toBeNull();
  });

  it('speaks from the fifth failure of the fleet on', () => {
    expect(chance({ failures: 1, hours: 1 }, { failures: 5, hours: 9 })).not.toBeNull();
  });
});
