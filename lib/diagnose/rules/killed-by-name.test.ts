import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { killedByName } from './killed-by-name';

describe('killedByName', () => {
  it.each<Row>([
    {
      when: 'a person',
      facts: { state: 'TASK_KILLED', message: 'Killed by alice' },
      want: 'killed_by_operator normal likely',
    },
    {
      when: 'a scheduler',
      facts: { state: 'TASK_KILLED', message: 'Killed by cronScheduler' },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'an update',
      facts: { state: 'TASK_KILLED', message: 'Killed for job update.' },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'a signal is nobody',
      facts: { state: 'TASK_KILLED', message: 'Task killed by signal 9.' },
      want: null,
    },
    {
      when: 'the OOM killer is nobody',
      facts: { state: 'TASK_KILLED', message: 'killed by the OOM killer' },
      want: null,
    },
    {
      when: 'an exit code names nobody',
      facts: { state: 'TASK_KILLED', message: 'Container exited with status 137' },
      want: null,
    },
    { when: 'FAILED', facts: { message: 'Killed by alice' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(killedByName, facts)).toBe(want);
  });
});
