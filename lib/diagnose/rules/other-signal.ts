import type { Rule } from '../rule';
import { CRASH_SIGNALS } from '../signals';
import { ofApp } from '../wording';

/** SIGHUP, SIGINT, SIGUSR1 and the like: sent by somebody, no crash, and nothing tells by whom. */
export const otherSignal: Rule = {
  id: 'other-signal',
  matches(facts, reading) {
    const name = reading.signal?.name ?? null;
    if (facts.state !== 'TASK_FAILED' || name === null || CRASH_SIGNALS.has(name)) return null;
    return {
      cause: 'unknown',
      disposition: 'failure',
      proof: 'possible',
      summary: `${name} ended the task${ofApp(facts)}: a signal that programs send to each other, no crash; nothing here tells who sent it.`,
      because: ['TASK_FAILED: nobody asked Mesos to kill it.'],
      advice: [
        'Look for a wrapper script, a supervisor or a closed terminal that sends it, and at the end of stderr in the sandbox.',
      ],
    };
  },
};
