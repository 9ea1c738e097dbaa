import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { agentDraining } from './agent-draining';

describe('agentDraining', () => {
  it.each<Row>([
    {
      when: 'killed with the v0 name',
      facts: {
        state: 'TASK_KILLED',
        reason: 'REASON_SLAVE_DRAINING',
        message: 'Container exited with status 143',
      },
      want: 'agent_draining normal proven',
    },
    {
      when: 'killed with the v1 name',
      facts: { state: 'TASK_KILLED', reason: 'REASON_AGENT_DRAINING' },
      want: 'agent_draining normal proven',
    },
    {
      when: 'marked gone after the drain',
      facts: { state: 'TASK_GONE_BY_OPERATOR', reason: 'REASON_SLAVE_DRAINING' },
      want: 'agent_draining normal proven',
    },
    {
      when: 'refused by a draining agent',
      facts: { state: 'TASK_DROPPED', message: 'Task was received while agent was already draining' },
      want: 'agent_draining normal likely',
    },
    {
      when: 'a scheduler that empties a host',
      facts: { state: 'TASK_KILLED', message: 'Drained for maintenance' },
      want: 'agent_draining normal likely',
    },
    {
      when: 'a task that failed by itself meanwhile',
      facts: {
        state: 'TASK_FAILED',
        reason: 'REASON_SLAVE_DRAINING',
        message: 'Command exited with status 1',
      },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(agentDraining, facts)).toBe(want);
  });
});
