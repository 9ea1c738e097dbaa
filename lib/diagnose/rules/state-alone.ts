import type { EndState } from '@/lib/domain/task';
import type { Facts } from '@/lib/domain/verdict';

import type { Reading } from '../reading';
import type { Finding, Rule } from '../rule';
import { ofApp } from '../wording';

type Meaning = Pick<Finding, 'cause' | 'proof'> & { what: string };

/** What Mesos means by each state where no rule could tell more. */
const MEANINGS: Record<EndState, Meaning> = {
  TASK_FAILED: { cause: 'unknown', proof: 'possible', what: 'failed' },
  TASK_FINISHED: { cause: 'finished', proof: 'likely', what: 'finished' },
  TASK_KILLED: { cause: 'unknown', proof: 'possible', what: 'was killed' },
  TASK_LOST: { cause: 'unknown', proof: 'possible', what: 'was lost' },
  TASK_ERROR: {
    cause: 'invalid_task_or_offers',
    proof: 'likely',
    what: 'was refused as invalid or not authorized',
  },
  TASK_DROPPED: {
    cause: 'resources_unknown_or_dropped',
    proof: 'likely',
    what: 'was dropped before it started',
  },
  TASK_UNREACHABLE: {
    cause: 'agent_unreachable_or_partition',
    proof: 'proven',
    what: 'lost its contact to the master',
  },
  TASK_GONE: { cause: 'agent_lost_or_removed', proof: 'likely', what: 'ended with its agent or container' },
  TASK_GONE_BY_OPERATOR: {
    cause: 'agent_lost_or_removed',
    proof: 'proven',
    what: 'was declared gone with its agent',
  },
};

/** The last rule: always has an answer, an honest one. */
export const stateAlone: Pick<Rule, 'id'> & { finding(facts: Facts, reading: Reading): Finding } = {
  id: 'state-alone',
  finding(facts, reading) {
    const { cause, proof, what } = MEANINGS[facts.state];
    const isBare = reading.excerpt === '' && facts.reason === null;
    return {
      cause,
      disposition:
        facts.state === 'TASK_FINISHED'
          ? 'normal'
          : facts.state === 'TASK_KILLED'
            ? 'unexplained'
            : 'failure',
      proof,
      summary: isBare
        ? `The task${ofApp(facts)} ${what}; nothing that Mesos shows tells why.`
        : `The task${ofApp(facts)} ${what}, and what Mesos says of it does not tell why.`,
      because: isBare
        ? [
            'The status holds neither reason nor message: /state never does, and GET_TASKS, which Mesos has since 1.0, gave none.',
          ]
        : [],
      advice: [
        "Read the end of stderr in the task's sandbox, and the agent's log for this task id; for a container also the kernel log of the host.",
      ],
    };
  },
};
