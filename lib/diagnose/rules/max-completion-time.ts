import { mentions } from '../reading';
import type { Rule } from '../rule';
import { graceSentence, ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'max completion time',
  'max_completion_time',
  'max runtime exceeded',
  'maximum runtime',
  'maximum run time',
  'exceeded its time limit',
  'execution time limit',
];

/** Ran for as long as it was allowed to and was ended for that (Mesos 1.6+, and schedulers with a limit of their own). */
export const maxCompletionTime: Rule = {
  id: 'max-completion-time',
  matches(facts, reading) {
    const isReason = reading.reason === 'MAX_COMPLETION_TIME_REACHED';
    if (!isReason && mentions(reading, PHRASES) === null) return null;
    const grace = graceSentence(reading.signal?.name ?? null, facts.marathon?.killGraceSeconds ?? null);
    return {
      cause: 'max_completion_time',
      disposition: 'failure',
      proof: isReason ? 'proven' : 'likely',
      summary: `The task${ofApp(facts)} reached the run time it is allowed and was ended.${grace}`,
      because: [],
      advice: ['Raise `max_completion_time` of the task, or find why it took longer than planned.'],
    };
  },
};
