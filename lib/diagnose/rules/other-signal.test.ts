import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { otherSignal } from './other-signal';

describe('otherSignal', () => {
  it.each<Row>([
    {
      when: 'SIGHUP',
      facts: { message: 'Command terminated with signal Hangup' },
      want: 'unknown failure possible',
    },
    { when: '130', facts: { message: 'Container exited with status 130' }, want: 'unknown failure possible' },
    { when: 'a crash', facts: { message: 'Container exited with status 139' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(otherSignal, facts)).toBe(want);
  });
});
