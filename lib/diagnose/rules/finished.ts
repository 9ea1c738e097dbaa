import type { Rule } from '../rule';
import { ofApp } from '../wording';

/**
 * Exit 0. Of a service it is a failure all the same: an app or pod under Marathon is meant to run on, its users
 * lost an instance, and Marathon starts it again as it would after a crash. Of anything else it is the work done.
 */
export const finished: Rule = {
  id: 'finished',
  matches(facts) {
    if (facts.state !== 'TASK_FINISHED') return null;
    const isService = facts.marathon?.isService === true;
    if (!isService && facts.onlyStatus !== true) {
      return {
        cause: 'finished',
        disposition: 'normal',
        proof: 'proven',
        summary: `The task${ofApp(facts)} finished its work.`,
        because: [],
        advice: [],
      };
    }
    return {
      cause: 'finished_unexpectedly',
      disposition: 'failure',
      proof: isService ? 'proven' : 'possible',
      summary: isService
        ? `The service${ofApp(facts)} ended by itself with exit code 0; Marathon starts it again, as after a failure.`
        : 'The task ended by itself with exit code 0: as it should if it is a job, a failure if it is a service.',
      because: isService ? ['It belongs to a Marathon app or pod, which is meant to run on.'] : [],
      advice: [
        'See whether its main process puts itself in the background (a daemon must stay in the foreground in a container), or ends when its input closes.',
        'If it is a job, run it with a scheduler for jobs, not as an app.',
      ],
    };
  },
};
