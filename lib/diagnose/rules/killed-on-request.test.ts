import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { killedOnRequest } from './killed-on-request';

describe('killedOnRequest', () => {
  it.each<Row>([
    {
      when: 'a status that came alone',
      facts: { state: 'TASK_KILLED', onlyStatus: true, message: 'Container exited with status 137' },
      want: 'killed_by_deploy_or_scale unexplained possible',
    },
    {
      when: 'a copy without its message',
      facts: { state: 'TASK_KILLED', onlyStatus: true, reason: 'REASON_RECONCILIATION' },
      want: null,
    },
    {
      when: 'a watched cluster',
      facts: { state: 'TASK_KILLED', message: 'Container exited with status 137' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(killedOnRequest, facts)).toBe(want);
  });
});
