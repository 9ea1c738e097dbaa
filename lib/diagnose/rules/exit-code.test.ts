import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { exitCode } from './exit-code';

describe('exitCode', () => {
  it.each<Row>([
    {
      when: '1',
      facts: { message: 'Command exited with status 1' },
      want: 'app_exit_nonzero failure likely',
    },
    {
      when: 'a pod whose agent adds words',
      facts: { message: 'Command exited with status 2: Executor terminated' },
      want: 'app_exit_nonzero failure likely',
    },
    {
      when: '125 of Docker',
      facts: { containerizer: 'DOCKER', message: 'Container exited with status 125' },
      want: 'launch_failure failure likely',
    },
    {
      when: '125 of a command',
      facts: { message: 'Command exited with status 125' },
      want: 'app_exit_nonzero failure likely',
    },
    {
      when: 'an installer on Windows',
      facts: { message: 'Command exited with status 1603' },
      want: 'app_exit_nonzero failure likely',
    },
    { when: '0', facts: { message: 'Command exited with status 0' }, want: null },
    {
      when: 'the status of a helper',
      facts: { message: "Failed to run 'docker pull r/x': exited with status 1" },
      want: null,
    },
    { when: 'killed', facts: { state: 'TASK_KILLED', message: 'Command exited with status 1' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(exitCode, facts)).toBe(want);
  });
});
