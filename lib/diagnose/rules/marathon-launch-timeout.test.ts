import { describe, expect, it } from 'vitest';

import { ask, beforeEnd, marathonOf, type Row, statusOf } from '../facts-for-tests';
import { marathonLaunchTimeout } from './marathon-launch-timeout';

describe('marathonLaunchTimeout', () => {
  it.each<Row>([
    {
      when: '300 s in staging',
      facts: {
        state: 'TASK_KILLED',
        everRan: false,
        marathon: marathonOf(),
        statuses: [statusOf('TASK_STAGING', { at: beforeEnd(300) })],
      },
      want: 'executor_registration_timeout failure likely',
    },
    {
      when: '360 s in staging',
      facts: {
        state: 'TASK_KILLED',
        everRan: false,
        marathon: marathonOf(),
        statuses: [statusOf('TASK_STAGING', { at: beforeEnd(360) })],
      },
      want: 'executor_registration_timeout failure likely',
    },
    {
      when: '299 s',
      facts: {
        state: 'TASK_KILLED',
        everRan: false,
        marathon: marathonOf(),
        statuses: [statusOf('TASK_STAGING', { at: beforeEnd(299) })],
      },
      want: null,
    },
    {
      when: '361 s',
      facts: {
        state: 'TASK_KILLED',
        everRan: false,
        marathon: marathonOf(),
        statuses: [statusOf('TASK_STAGING', { at: beforeEnd(361) })],
      },
      want: null,
    },
    {
      when: 'it ran',
      facts: {
        state: 'TASK_KILLED',
        everRan: true,
        marathon: marathonOf(),
        statuses: [statusOf('TASK_RUNNING', { at: beforeEnd(300) })],
      },
      want: null,
    },
    {
      when: 'nobody knows whether it ran',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf(),
        statuses: [statusOf('TASK_STAGING', { at: beforeEnd(300) })],
      },
      want: null,
    },
    {
      when: 'another framework',
      facts: {
        state: 'TASK_KILLED',
        everRan: false,
        statuses: [statusOf('TASK_STAGING', { at: beforeEnd(300) })],
      },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(marathonLaunchTimeout, facts)).toBe(want);
  });
});
