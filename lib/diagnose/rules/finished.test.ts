import { describe, expect, it } from 'vitest';

import { ask, marathonOf, type Row } from '../facts-for-tests';
import { finished } from './finished';

describe('finished', () => {
  it.each<Row>([
    {
      when: 'a service',
      facts: { state: 'TASK_FINISHED', marathon: marathonOf() },
      want: 'finished_unexpectedly failure proven',
    },
    { when: 'a job of another framework', facts: { state: 'TASK_FINISHED' }, want: 'finished normal proven' },
    {
      when: 'something of Marathon that is no service',
      facts: { state: 'TASK_FINISHED', marathon: marathonOf({ isService: false }) },
      want: 'finished normal proven',
    },
    {
      when: 'a status that came alone',
      facts: { state: 'TASK_FINISHED', onlyStatus: true },
      want: 'finished_unexpectedly failure possible',
    },
    { when: 'FAILED', facts: {}, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(finished, facts)).toBe(want);
  });
});
