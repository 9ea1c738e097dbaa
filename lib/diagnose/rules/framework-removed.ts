import { mentions } from '../reading';
import type { Rule } from '../rule';
import { excerpt, ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'framework removed',
  'framework teardown',
  'framework torn down',
  'framework was removed',
  'framework failover timeout',
];
const REMOVED = /^Framework \S{1,200} removed/i;

/** The master killed it because its framework was torn down or stayed away longer than its failover timeout. */
export const frameworkRemoved: Rule = {
  id: 'framework-removed',
  matches(facts, reading) {
    const isReason = reading.reason === 'FRAMEWORK_REMOVED';
    const isText = REMOVED.test(reading.text) || mentions(reading, PHRASES) !== null;
    if (!isReason && !isText) return null;
    const name =
      facts.frameworkName === null ? 'Its framework' : `The framework ${excerpt(facts.frameworkName, 80)}`;
    return {
      cause: 'framework_removed',
      disposition: 'normal',
      proof: isReason || REMOVED.test(reading.text) ? 'proven' : 'likely',
      summary: `${name} was removed from the master, and the task${ofApp(facts)} with it.`,
      because: [],
      advice: [],
    };
  },
};
