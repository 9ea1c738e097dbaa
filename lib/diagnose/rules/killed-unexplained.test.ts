import { describe, expect, it } from 'vitest';

import { ask, marathonOf, type Row } from '../facts-for-tests';
import { killedUnexplained } from './killed-unexplained';

describe('killedUnexplained', () => {
  it.each<Row>([
    {
      when: 'Marathon, and nothing seen',
      facts: { state: 'TASK_KILLED', marathon: marathonOf() },
      want: 'unknown unexplained possible',
    },
    {
      when: 'another framework',
      facts: { state: 'TASK_KILLED', frameworkName: 'chronos' },
      want: 'unknown unexplained possible',
    },
    { when: 'FAILED', facts: {}, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(killedUnexplained, facts)).toBe(want);
  });
});
