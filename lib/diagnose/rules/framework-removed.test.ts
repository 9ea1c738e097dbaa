import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { frameworkRemoved } from './framework-removed';

describe('frameworkRemoved', () => {
  it.each<Row>([
    {
      when: 'by reason',
      facts: { state: 'TASK_KILLED', reason: 'REASON_FRAMEWORK_REMOVED' },
      want: 'framework_removed normal proven',
    },
    {
      when: 'by message, Mesos 0.2x',
      facts: { state: 'TASK_KILLED', message: 'Framework 20150101-000000-1-5050-1-0000 removed' },
      want: 'framework_removed normal proven',
    },
    {
      when: 'a framework only named',
      facts: { state: 'TASK_KILLED', message: 'Killed on request of framework 7' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(frameworkRemoved, facts)).toBe(want);
  });
});
