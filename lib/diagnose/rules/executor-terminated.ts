import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'executor termination',
  'executor terminated',
  'executor exited',
  'executor is terminating',
  'executor lost',
  'executorlost',
  'executor shutdown',
  'executor shut down',
  'executor disconnected',
  'executor has terminated',
  'executor died',
  'cannot find executor',
  'container destroyed while',
  'container destroyed during',
  'container terminated',
  'container killed',
  "'ioswitchboard'",
  'runner died while task was active',
  'thermos failed',
  'thermos exited',
  'task lost.',
];
const REASONS: ReadonlySet<string> = new Set([
  'EXECUTOR_TERMINATED',
  'EXECUTOR_UNREGISTERED',
  'IO_SWITCHBOARD_EXITED',
]);

/** The executor or its container ended, and nothing says more. */
export const executorTerminated: Rule = {
  id: 'executor-terminated',
  matches(facts, reading) {
    if (facts.state === 'TASK_KILLED') return null;
    const isReason = reading.reason !== null && REASONS.has(reading.reason);
    if (!isReason && mentions(reading, PHRASES) === null) return null;
    const doing = mentions(reading, [
      'while pulling image',
      'while fetching',
      'while mounting volumes',
      'during provisioning',
    ]);
    return {
      cause: 'executor_terminated',
      disposition: 'failure',
      proof: 'likely',
      summary:
        doing === null
          ? `The executor of the task${ofApp(facts)} ended, and nothing tells why.`
          : `The container${ofApp(facts)} was destroyed ${doing}; that it was pulling or fetching then is no error of the pull: something asked for its end.`,
      because: [],
      advice: [
        "Read the agent's log around the end for this executor, and the executor's stderr in the sandbox; an executor killed for memory ends like this too.",
      ],
    };
  },
};
