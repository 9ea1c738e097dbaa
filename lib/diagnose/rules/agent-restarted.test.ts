import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { agentRestarted } from './agent-restarted';

describe('agentRestarted', () => {
  it.each<Row>([
    {
      when: 'launched into a restart',
      facts: {
        state: 'TASK_DROPPED',
        reason: 'REASON_SLAVE_RESTARTED',
        message: 'Task launched during agent restart',
      },
      want: 'agent_restart_or_reregistration failure proven',
    },
    {
      when: 'up to 1.5',
      facts: { state: 'TASK_LOST', message: 'Executor did not re-register within 2secs' },
      want: 'agent_restart_or_reregistration failure likely',
    },
    {
      when: 'since 1.6',
      facts: {
        state: 'TASK_GONE',
        reason: 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT',
        message: 'Executor did not reregister within 2secs',
      },
      want: 'agent_restart_or_reregistration failure proven',
    },
    {
      when: 'the agent did not come back',
      facts: { state: 'TASK_LOST', message: 'agent did not reregister within 10mins after disconnecting' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(agentRestarted, facts)).toBe(want);
  });
});
