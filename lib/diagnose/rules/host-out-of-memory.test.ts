import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { hostOutOfMemory } from './host-out-of-memory';

describe('hostOutOfMemory', () => {
  it.each<Row>([
    {
      when: 'the kernel killed for the whole host',
      facts: { message: 'kernel: Out of memory: Kill process 812 (java) score 900 or sacrifice child' },
      want: 'oom_host failure likely',
    },
    {
      when: 'the kernel killed for a cgroup',
      facts: { message: 'Memory cgroup out of memory: Kill process 812 (java) score 900' },
      want: null,
    },
    {
      when: 'a JVM without heap',
      facts: { message: 'java.lang.OutOfMemoryError: Java heap space' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(hostOutOfMemory, facts)).toBe(want);
  });
});
