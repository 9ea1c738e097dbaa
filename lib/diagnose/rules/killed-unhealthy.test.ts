import { describe, expect, it } from 'vitest';

import { ask, beforeEnd, marathonOf, type Row, statusOf } from '../facts-for-tests';
import { killedUnhealthy } from './killed-unhealthy';

describe('killedUnhealthy', () => {
  it.each<Row>([
    {
      when: 'the KILLED status itself is unhealthy',
      facts: {
        state: 'TASK_KILLED',
        message: 'Container exited with status 137',
        healthy: false,
        statuses: [statusOf('TASK_RUNNING', { healthy: true }), statusOf('TASK_KILLED', { healthy: false })],
      },
      want: 'killed_unhealthy failure proven',
    },
    {
      when: 'only an earlier status was unhealthy',
      facts: {
        state: 'TASK_KILLED',
        healthy: false,
        statuses: [statusOf('TASK_RUNNING', { healthy: false }), statusOf('TASK_KILLED')],
      },
      want: 'killed_unhealthy failure likely',
    },
    {
      when: 'unhealthy earlier, and a deployment was replacing it',
      facts: {
        state: 'TASK_KILLED',
        healthy: false,
        marathon: marathonOf({
          deployment: { deploymentId: 'd1', actions: ['RestartApplication'], startedAt: beforeEnd(60) },
        }),
      },
      want: null,
    },
    {
      when: 'Marathon announced the kill, though a deployment was replacing it',
      facts: {
        state: 'TASK_KILLED',
        message: 'Container exited with status 143',
        marathon: marathonOf({
          deployment: { deploymentId: 'd1', actions: ['RestartApplication'], startedAt: beforeEnd(60) },
          announcedKill: { at: beforeEnd(4), reason: 'ConnectionAttemptFailedException' },
        }),
      },
      want: 'killed_unhealthy failure proven',
    },
    {
      when: 'Marathon announced the kill, and the process answered with an exit of its own',
      facts: {
        state: 'TASK_FAILED',
        message: 'Container exited with status 1',
        marathon: marathonOf({ announcedKill: { at: beforeEnd(4), reason: null } }),
      },
      want: 'killed_unhealthy failure proven',
    },
    {
      when: 'the kill was announced, but the agent was lost before',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_SLAVE_REMOVED',
        marathon: marathonOf({ announcedKill: { at: beforeEnd(4), reason: null } }),
      },
      want: null,
    },
    {
      when: "Marathon's own text about this task",
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({
          ownFailure: {
            state: 'TASK_KILLED',
            message: 'Task was killed since health check failed. Reason: Connection refused',
          },
        }),
      },
      want: 'killed_unhealthy failure proven',
    },
    {
      when: "Marathon's text, and the process then failed by itself",
      facts: {
        state: 'TASK_FAILED',
        message: 'Container exited with status 1',
        marathon: marathonOf({
          ownFailure: {
            state: 'TASK_KILLED',
            message: 'Task was killed since health check failed. Reason: 503',
          },
        }),
      },
      want: 'killed_unhealthy failure proven',
    },
    {
      when: "Marathon's text as the message",
      facts: {
        state: 'TASK_KILLED',
        message: 'Task was killed since health check failed. Reason: 500 Internal Server Error',
      },
      want: 'killed_unhealthy failure proven',
    },
    {
      when: 'an executor that reports FAILED for it',
      facts: { message: 'Failed health check! Connection refused' },
      want: 'killed_unhealthy failure likely',
    },
    {
      when: 'FAILED while unhealthy: nobody killed it',
      facts: { message: 'Container exited with status 137', healthy: false },
      want: null,
    },
    {
      when: "the master's ping of the agent",
      facts: { state: 'TASK_LOST', message: 'Slave 10.0.0.7 removed: health check timed out' },
      want: null,
    },
    { when: 'healthy and killed', facts: { state: 'TASK_KILLED', healthy: true }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(killedUnhealthy, facts)).toBe(want);
  });
});
