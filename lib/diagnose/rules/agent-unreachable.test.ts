import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { agentUnreachable } from './agent-unreachable';

describe('agentUnreachable', () => {
  it.each<Row>([
    {
      when: 'the state says so',
      facts: { state: 'TASK_UNREACHABLE' },
      want: 'agent_unreachable_or_partition failure proven',
    },
    {
      when: 'bare cause of 1.5+',
      facts: { state: 'TASK_LOST', reason: 'REASON_SLAVE_REMOVED', message: 'health check timed out' },
      want: 'agent_unreachable_or_partition failure proven',
    },
    {
      when: 'did not come back after a disconnect',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_AGENT_REMOVED',
        message: 'agent did not reregister within 10mins after disconnecting',
      },
      want: 'agent_unreachable_or_partition failure proven',
    },
    {
      when: '1.2 to 1.4',
      facts: { state: 'TASK_LOST', message: 'Agent host-9 is unreachable: health check timed out' },
      want: 'agent_unreachable_or_partition failure likely',
    },
    {
      when: 'removed after failed pings',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_SLAVE_REMOVED',
        message: 'Slave host-9 removed: health check timed out',
      },
      want: null,
    },
    { when: 'an app that cannot reach something', facts: { message: 'database is unreachable' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(agentUnreachable, facts)).toBe(want);
  });
});
