import type { Rule } from '../rule';
import { graceSentence } from '../wording';

/**
 * A KILLED status that came alone: Mesos's executors report TASK_KILLED only when a kill was asked for, and
 * nobody watched who did. In a watched cluster such an end stays unexplained instead.
 */
export const killedOnRequest: Rule = {
  id: 'killed-on-request',
  matches(facts, reading) {
    if (facts.state !== 'TASK_KILLED' || facts.onlyStatus !== true || reading.reason === 'RECONCILIATION')
      return null;
    const grace = graceSentence(reading.signal?.name ?? null, facts.marathon?.killGraceSeconds ?? null);
    return {
      cause: 'killed_by_deploy_or_scale',
      disposition: 'unexplained',
      proof: 'possible',
      summary: `Its scheduler asked Mesos to kill it; this status alone does not tell why.${grace}`,
      because: ['Executors report TASK_KILLED only for a kill that was asked for.'],
      advice: ["Look for a deployment, a scaling or a person's request at that time in the scheduler's log."],
    };
  },
};
