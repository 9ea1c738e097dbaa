import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const REASONS: ReadonlySet<string> = new Set([
  'SLAVE_RESTARTED',
  'EXECUTOR_REREGISTRATION_TIMEOUT',
  'SLAVE_REREGISTERED',
]);
const PHRASES: readonly string[] = [
  'during agent restart',
  'during slave restart',
  'executor did not reregister within',
  'executor did not re-register within',
  'agent re-reregistered',
  'agent reregistered',
  'after agent restart',
  'after slave restart',
  'after agent failover',
  'after slave failover',
  'registered without task',
];

const RESTARTED =
  /\b(?:agent|slave|mesos host)(?: host| machine)? (?:was |has |had )?(?:rebooted|restarted)\b/i;

/** The agent restarted, and the task did not live through it. */
export const agentRestarted: Rule = {
  id: 'agent-restarted',
  matches(facts, reading) {
    const isReason = reading.reason !== null && REASONS.has(reading.reason);
    if (!isReason && mentions(reading, PHRASES) === null && !RESTARTED.test(reading.text)) return null;
    return {
      cause: 'agent_restart_or_reregistration',
      disposition: 'failure',
      proof: isReason ? 'proven' : 'likely',
      summary: `The agent restarted or came back, and the task${ofApp(facts)} did not survive that.`,
      because: [],
      advice: [
        "See why the agent's process restarted (its journal at that time). An executor has --executor_reregistration_timeout (2 s by default) to come back; raise it where hosts are slow.",
      ],
    };
  },
};
