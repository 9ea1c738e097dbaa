import { mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  ' is unreachable',
  'agent did not reregister within',
  'agent did not re-register within',
  'task partitioned',
  'partitioned task',
  'unable to contact agent',
  'network partition',
];

/** The master does not hear from the agent any more; the task may still run there and come back. */
export const agentUnreachable: Rule = {
  id: 'agent-unreachable',
  matches(facts, reading) {
    if (facts.state !== 'TASK_LOST' && facts.state !== 'TASK_UNREACHABLE') return null;
    const isState = facts.state === 'TASK_UNREACHABLE';
    if (!isState && !saysUnreachable(reading)) return null;
    return {
      cause: 'agent_unreachable_or_partition',
      disposition: 'failure',
      proof: isState || reading.reason === 'SLAVE_REMOVED' ? 'proven' : 'likely',
      summary: `The master lost contact with the agent of the task${ofApp(facts)}; it may still be running there.`,
      because: [],
      advice: [
        'Check that the host is up and its agent reachable from the masters; 75 s without an answer to pings is enough for this by default.',
      ],
    };
  },
};

/** `Slave x removed: health check timed out` is the master's ping too, but there the agent has been removed. */
function saysUnreachable(reading: Reading): boolean {
  return mentions(reading, PHRASES) !== null || reading.lower.startsWith('health check timed out');
}
