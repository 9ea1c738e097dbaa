import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const REASONS: ReadonlySet<string> = new Set([
  'TASK_INVALID',
  'TASK_GROUP_INVALID',
  'INVALID_OFFERS',
  'INVALID_FRAMEWORKID',
]);
const PHRASES: readonly string[] = [
  'task launched with invalid offers',
  'task uses invalid',
  'task uses no resources',
  'task uses more resources',
  'task has duplicate id',
  'task reuses the id',
  'has an invalid',
  'invalid task',
  'is no longer valid',
  'outdated resource state',
  'required by task and its executor is more than available',
  'task mixes revocable',
  'could not deserialize task',
  'has invalid resources',
];

/** The master or the executor refused the task's description or the offers it used. */
export const invalidTask: Rule = {
  id: 'invalid-task',
  matches(facts, reading) {
    if (facts.state === 'TASK_KILLED') return null;
    const isReason = reading.reason !== null && REASONS.has(reading.reason);
    if (!isReason && mentions(reading, PHRASES) === null) return null;
    const what = reading.excerpt === '' ? 'the master gave no words for it.' : reading.excerpt;
    return {
      cause: 'invalid_task_or_offers',
      disposition: 'failure',
      proof: isReason ? 'proven' : 'likely',
      summary: `The task${ofApp(facts)} was refused before it started: ${what}`,
      because: [],
      advice:
        reading.reason === 'INVALID_OFFERS'
          ? [
              'The offer was gone when the scheduler used it; it should try again by itself. If it happens often, look at how slow the scheduler is.',
            ]
          : ['Correct the definition of the task; the message names what is wrong.'],
    };
  },
};
