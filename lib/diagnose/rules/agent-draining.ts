import { mentions } from '../reading';
import type { Rule } from '../rule';
import { graceSentence, ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'already draining',
  'is draining',
  'agent drain',
  'draining',
  'maintenance drain',
  'drained',
  'decommission',
  'for maintenance',
];
// Mesos writes the reason on kills only; a task that failed by itself on a draining agent keeps its own cause.
const STATES: ReadonlySet<string> = new Set([
  'TASK_KILLED',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
]);

/** Killed or refused because an operator drains the agent (Mesos 1.9+); the reason overwrites every other. */
export const agentDraining: Rule = {
  id: 'agent-draining',
  matches(facts, reading) {
    if (!STATES.has(facts.state)) return null;
    const isReason = reading.reason === 'SLAVE_DRAINING';
    if (!isReason && mentions(reading, PHRASES) === null) return null;
    const grace = graceSentence(reading.signal?.name ?? null, facts.marathon?.killGraceSeconds ?? null);
    return {
      cause: 'agent_draining',
      disposition: 'normal',
      proof: isReason ? 'proven' : 'likely',
      summary: `The agent is being drained, so its task${ofApp(facts)} was ended.${grace}`,
      because: [],
      advice: [],
    };
  },
};
