import { mentions } from '../reading';
import type { Rule } from '../rule';
import { graceSentence, ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'max completion time',
  'max_completion_time',
  'max runtime exceeded',
  'maximum runtime',
  'maximum run time',
  'exceeded max runtime',
  'exceeded its time limit',
  'exceeded timeout of',
  'exceeded its timeout',
  'exceeded the timeout',
  'execution time limit',
];

// A task or job as a whole; pulls, checks and staging time out too.
const TIMED_OUT = /^(?:job|task|command|execution)(?: [^\s]{1,200})? timed out after \d/i;

/** Ran for as long as it was allowed to and was ended for that (Mesos 1.6+, and schedulers with a limit of their own). */
export const maxCompletionTime: Rule = {
  id: 'max-completion-time',
  matches(facts, reading) {
    const isReason = reading.reason === 'MAX_COMPLETION_TIME_REACHED';
    const isText = mentions(reading, PHRASES) !== null || TIMED_OUT.test(reading.text);
    if (!isReason && !isText) return null;
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
