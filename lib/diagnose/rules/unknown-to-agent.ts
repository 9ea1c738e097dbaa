import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const REASONS: ReadonlySet<string> = new Set(['RESOURCES_UNKNOWN', 'TASK_UNKNOWN', 'MASTER_DISCONNECTED']);
const PHRASES: readonly string[] = [
  'task is unknown',
  'task is gone',
  'unknown task',
  'task not found',
  'resources unknown',
  'resource unknown',
  'master disconnected',
  'dropped by master',
  'dropped by the master',
  'does not know it',
  'not known to',
  'failed to checkpoint resources',
];
const STATES: ReadonlySet<string> = new Set(['TASK_LOST', 'TASK_GONE', 'TASK_DROPPED', 'TASK_UNREACHABLE']);

/** Dropped on its way, or known to nobody when the scheduler asked (reconciliation). */
export const unknownToAgent: Rule = {
  id: 'unknown-to-agent',
  matches(facts, reading) {
    if (!STATES.has(facts.state)) return null;
    const isReason =
      reading.reason !== null &&
      (REASONS.has(reading.reason) ||
        (reading.reason === 'RECONCILIATION' && facts.state !== 'TASK_UNREACHABLE'));
    if (!isReason && mentions(reading, PHRASES) === null) return null;
    return {
      cause: 'resources_unknown_or_dropped',
      disposition: 'failure',
      proof: reading.reason === 'RESOURCES_UNKNOWN' ? 'proven' : 'likely',
      summary: `Mesos does not know the task${ofApp(facts)} (any more): it was dropped on its way to the agent, or its end was never told.`,
      because: [],
      advice: ["Look for the task id in the agent's log: it tells whether the task ever arrived there."],
    };
  },
};
