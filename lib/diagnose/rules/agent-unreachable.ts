import { mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const REMOVED: readonly string[] = [' removed'];
const PHRASES: readonly string[] = [
  ' is unreachable',
  'agent did not reregister within',
  'task is unreachable',
  'partitioned task',
  'task partitioned',
  'unable to contact agent',
];

/** The master does not hear from the agent any more; the task may still run there and come back. */
export const agentUnreachable: Rule = {
  id: 'agent-unreachable',
  matches(facts, reading) {
    if (facts.state !== 'TASK_LOST' && facts.state !== 'TASK_UNREACHABLE' && facts.state !== 'TASK_KILLED') return null;
    const isState = facts.state === 'TASK_UNREACHABLE';
    const isText = saysUnreachable(reading);
    const cameBack = facts.state === 'TASK_KILLED' && wasUnreachable(facts.statuses);
    if (!isState && !cameBack && !(isText && facts.state !== 'TASK_KILLED')) return null;
    return {
      cause: 'agent_unreachable_or_partition',
      disposition: 'failure',
      proof: isState || (isText && !cameBack) ? 'proven' : 'likely',
      summary: cameBack
        ? `The task${ofApp(facts)} was killed after its agent had been unreachable and came back: it had been replaced meanwhile.`
        : `The master lost contact with the agent of the task${ofApp(facts)}; it may still be running there.`,
      because: cameBack ? ['Its earlier statuses hold TASK_UNREACHABLE or TASK_LOST.'] : [],
      advice: [
        'Check that the host is up and its agent reachable from the masters; 75 s without an answer to pings is enough for this by default.',
      ],
    };
  },
};

/** `Slave x removed: health check timed out` is the master's ping too, but the agent has then been removed. */
function saysUnreachable(reading: Reading): boolean {
  if (mentions(reading, PHRASES) !== null) return true;
  return reading.lower.startsWith('health check timed out') && mentions(reading, REMOVED) === null;
}

function wasUnreachable(statuses: readonly { state: string }[]): boolean {
  return statuses.slice(0, -1).some(({ state }) => state === 'TASK_UNREACHABLE' || state === 'TASK_LOST');
}
