import { describe, expect, it } from 'vitest';

import { diagnose } from '../diagnose';
import { ask, factsOf, type Row, statusOf } from '../facts-for-tests';
import { sigkill } from './sigkill';

describe('sigkill', () => {
  it.each<Row>([
    {
      when: 'Docker executor, 1.x',
      facts: { message: 'Container exited with status 137' },
      want: 'sigkill_137_unproven failure likely',
    },
    {
      when: 'Docker executor, 0.23 to 0.28',
      facts: { message: 'Docker container run error: Container exited on error: exited with status 137' },
      want: 'sigkill_137_unproven failure likely',
    },
    {
      when: 'command executor, the process itself',
      facts: { message: 'Command terminated with signal Killed' },
      want: 'sigkill_137_unproven failure likely',
    },
    {
      when: 'command executor, a child of the shell',
      facts: { message: 'Command exited with status 137' },
      want: 'sigkill_137_unproven failure likely',
    },
    {
      when: "a program's words",
      facts: { message: 'worker exited with code 137' },
      want: 'sigkill_137_unproven failure possible',
    },
    {
      when: 'killed on request',
      facts: { state: 'TASK_KILLED', message: 'Container exited with status 137' },
      want: null,
    },
    { when: '136', facts: { message: 'Container exited with status 136' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(sigkill, facts)).toBe(want);
  });

  it.each([
    {
      containerId: '11111111-2222-4333-8444-555555555555',
      want: 'name=11111111-2222-4333-8444-555555555555)',
    },
    { containerId: 'x; rm -rf /', want: 'name=CONTAINER_ID)' },
    { containerId: null, want: 'name=CONTAINER_ID)' },
  ])(
    'gives a command to paste for container $containerId, and nothing of a hostile one',
    ({ containerId, want }) => {
      const facts = factsOf({
        message: 'Container exited with status 137',
        statuses: [statusOf('TASK_RUNNING', { containerId })],
      });
      expect(diagnose(facts).advice.join('\n')).toContain(want);
    },
  );
});
