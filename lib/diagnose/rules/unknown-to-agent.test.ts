import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { unknownToAgent } from './unknown-to-agent';

describe('unknownToAgent', () => {
  it.each<Row>([
    {
      when: 'resources unknown after a checkpoint was lost',
      facts: { state: 'TASK_DROPPED', reason: 'REASON_RESOURCES_UNKNOWN' },
      want: 'resources_unknown_or_dropped failure proven',
    },
    {
      when: 'reconciliation of an unknown task',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_RECONCILIATION',
        message: 'Reconciliation: Task is unknown to the agent',
      },
      want: 'resources_unknown_or_dropped failure likely',
    },
    {
      when: 'reconciliation that only repeats FAILED',
      facts: {
        state: 'TASK_FAILED',
        reason: 'REASON_RECONCILIATION',
        message: 'Reconciliation: Latest task state',
      },
      want: null,
    },
    { when: 'lost without a word', facts: { state: 'TASK_LOST' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(unknownToAgent, facts)).toBe(want);
  });
});
