import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'preempted by',
  'container preempted',
  'preempted in favor of',
  'preempting for',
  'evicted by',
  'evicted for',
  'qos correction',
  'was preempted',
];

/** Ended to make room: a correction of Mesos's quality-of-service controller, or a scheduler that preempts. */
export const preempted: Rule = {
  id: 'preempted',
  matches(facts, reading) {
    const isReason = reading.reason === 'CONTAINER_PREEMPTED';
    if (!isReason && mentions(reading, PHRASES) === null) return null;
    return {
      cause: 'preempted_or_oversubscription',
      // Whoever runs on revocable resources or with low priority has agreed to this.
      disposition: 'normal',
      proof: isReason ? 'proven' : 'likely',
      summary: `The task${ofApp(facts)} was preempted to give its resources to others.`,
      because: [],
      advice: [],
    };
  },
};
