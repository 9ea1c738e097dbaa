import { describe, expect, it } from 'vitest';

import { isSuspect } from './suspect';

describe('isSuspect', () => {
  it.each([
    { when: 'below one in a thousand, one host', chance: 0.0009, failed: 3, hosts: 1, want: true },
    { when: 'at one in a thousand', chance: 0.001, failed: 3, hosts: 1, want: false },
    { when: 'the same odds among 100 hosts', chance: 0.0009, failed: 3, hosts: 100, want: false },
    { when: 'odds that stand 100 hosts', chance: 0.000009, failed: 3, hosts: 100, want: true },
    { when: 'nothing is known', chance: null, failed: 3, hosts: 1, want: false },
    { when: 'nothing failed', chance: 0, failed: 0, hosts: 1, want: false },
  ])('$when: $want', ({ chance, failed, hosts, want }) => {
    expect(isSuspect({ chance, failed }, hosts)).toBe(want);
  });
});
