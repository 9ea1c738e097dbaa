import { mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const REASONS: ReadonlySet<string> = new Set([
  'SLAVE_REMOVED',
  'SLAVE_REMOVED_BY_OPERATOR',
  'SLAVE_DISCONNECTED',
  'SLAVE_UNKNOWN',
]);
const REMOVED =
  /^(?:slave|agent)(?: \S{1,255}){0,3}?(?: is| was| has been)? (?:removed|disconnected|lost|offline|marked gone)\b/i;
const LOST_LATER =
  /\b(?:slave|agent) (?:is |was |has been )?(?:lost|shutting down|shut down|asked to shut down)\b/i;
const PHRASES: readonly string[] = [
  'agent has been marked gone',
  'lost slave',
  'lost agent',
  'agent unknown',
  'agent failed',
  'host lost',
  'host failed',
];
const STATES: ReadonlySet<string> = new Set([
  'TASK_LOST',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
  'TASK_DROPPED',
]);

/** The agent was removed, marked gone or disconnected, and its tasks with it. */
export const agentLost: Rule = {
  id: 'agent-lost',
  matches(facts, reading) {
    if (!STATES.has(facts.state)) return null;
    const isGone = facts.state === 'TASK_GONE_BY_OPERATOR';
    if (!isGone && !saysLost(reading)) return null;
    const isPing = reading.lower.includes('health check timed out');
    return {
      cause: 'agent_lost_or_removed',
      disposition: 'failure',
      // The bare reason SLAVE_REMOVED stands for unreachable agents too.
      proof: isGone || REMOVED.test(reading.text) ? 'proven' : 'likely',
      summary: isGone
        ? `An operator declared the agent gone, and with it the task${ofApp(facts)}.`
        : `The master removed the agent that ran the task${ofApp(facts)}${isPing ? ': it did not answer the master’s pings' : ''}.`,
      because: isPing ? ["The health check named is the master's ping of the agent, not the app's."] : [],
      advice: isGone ? [] : ['Check that the host is up, its agent runs, and the masters can reach it.'],
    };
  },
};

function saysLost(reading: Reading): boolean {
  if (reading.reason !== null && REASONS.has(reading.reason)) return true;
  return REMOVED.test(reading.text) || LOST_LATER.test(reading.text) || mentions(reading, PHRASES) !== null;
}
