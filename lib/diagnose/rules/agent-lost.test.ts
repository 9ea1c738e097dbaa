import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { agentLost } from './agent-lost';

describe('agentLost', () => {
  it.each<Row>([
    {
      when: 'up to 0.22',
      facts: { state: 'TASK_LOST', message: 'Slave host-9 removed' },
      want: 'agent_lost_or_removed failure proven',
    },
    {
      when: "the master's ping, not the app's check",
      facts: { state: 'TASK_LOST', message: 'Slave host-9 removed: health check timed out' },
      want: 'agent_lost_or_removed failure proven',
    },
    {
      when: '1.2+',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_SLAVE_REMOVED',
        message: 'Agent host-9 removed: the agent unregistered',
      },
      want: 'agent_lost_or_removed failure proven',
    },
    {
      when: 'a framework without checkpointing',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_SLAVE_DISCONNECTED',
        message: 'Slave host-9 disconnected',
      },
      want: 'agent_lost_or_removed failure proven',
    },
    {
      when: 'marked gone',
      facts: {
        state: 'TASK_GONE_BY_OPERATOR',
        reason: 'REASON_SLAVE_REMOVED_BY_OPERATOR',
        message: 'Agent has been marked gone',
      },
      want: 'agent_lost_or_removed failure proven',
    },
    {
      when: 'an address and a name',
      facts: { state: 'TASK_LOST', message: 'Slave slave(1)@10.0.0.9:5051 (host-9) removed' },
      want: 'agent_lost_or_removed failure proven',
    },
    {
      when: 'the reason alone',
      facts: { state: 'TASK_LOST', reason: 'REASON_SLAVE_REMOVED' },
      want: 'agent_lost_or_removed failure likely',
    },
    { when: 'lost without a word', facts: { state: 'TASK_LOST' }, want: null },
    { when: 'a program that lost an agent', facts: { message: 'Agent x removed' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(agentLost, facts)).toBe(want);
  });
});
