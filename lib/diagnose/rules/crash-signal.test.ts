import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { crashSignal } from './crash-signal';

describe('crashSignal', () => {
  it.each<Row>([
    {
      when: 'SIGSEGV',
      facts: { message: 'Command terminated with signal Segmentation fault (core dumped)' },
      want: 'app_crash_signal failure proven',
    },
    {
      when: '139',
      facts: { message: 'Container exited with status 139' },
      want: 'app_crash_signal failure likely',
    },
    {
      when: 'SIGABRT',
      facts: { message: 'Container exited with status 134' },
      want: 'app_crash_signal failure likely',
    },
    {
      when: 'a Windows access violation',
      facts: { message: 'Container exited with status 3221225477' },
      want: 'app_crash_signal failure likely',
    },
    {
      when: 'the same, as a signed number',
      facts: { message: 'Container exited with status -1073741819' },
      want: 'app_crash_signal failure likely',
    },
    { when: 'SIGKILL', facts: { message: 'Command terminated with signal Killed' }, want: null },
    { when: 'SIGHUP', facts: { message: 'Command terminated with signal Hangup' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(crashSignal, facts)).toBe(want);
  });
});
