import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { sigterm } from './sigterm';

describe('sigterm', () => {
  it.each<Row>([
    {
      when: '143',
      facts: { message: 'Container exited with status 143' },
      want: 'sigterm_143 failure likely',
    },
    {
      when: 'the signal itself',
      facts: { message: 'Command terminated with signal Terminated' },
      want: 'sigterm_143 failure likely',
    },
    {
      when: 'Ctrl-C on a Windows agent',
      facts: { message: 'Command exited with status 3221225786' },
      want: 'sigterm_143 failure likely',
    },
    {
      when: 'killed on request',
      facts: { state: 'TASK_KILLED', message: 'Container exited with status 143' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(sigterm, facts)).toBe(want);
  });
});
