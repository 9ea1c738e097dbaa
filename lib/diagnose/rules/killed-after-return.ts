import type { Rule } from '../rule';
import { ofApp } from '../wording';

/** Marathon kills a task that comes back after it had been given up as unreachable and replaced. */
export const killedAfterReturn: Rule = {
  id: 'killed-after-return',
  matches(facts) {
    if (facts.state !== 'TASK_KILLED') return null;
    const wasAway = facts.statuses
      .slice(0, -1)
      .some(({ state }) => state === 'TASK_UNREACHABLE' || state === 'TASK_LOST');
    if (!wasAway) return null;
    return {
      cause: 'agent_unreachable_or_partition',
      disposition: 'failure',
      proof: 'likely',
      summary: `The agent of the task${ofApp(facts)} had been unreachable; the task came back with it and was killed, as it had been given up.`,
      because: ['Its earlier statuses hold TASK_UNREACHABLE or TASK_LOST.'],
      advice: ['See why the agent was away (host, network, agent process) before the kill.'],
    };
  },
};
