import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const REASONS: ReadonlySet<string> = new Set(['TASK_KILLED_DURING_LAUNCH', 'EXECUTOR_UNREGISTERED']);
const PHRASES: readonly string[] = [
  'killed before delivery to the executor',
  'killed pending task',
  'unregistered executor',
  'killed during initialization',
];

/** Its scheduler took it back before it had started: nothing ran, nothing failed. */
export const killedDuringLaunch: Rule = {
  id: 'killed-during-launch',
  matches(facts, reading) {
    if (facts.state !== 'TASK_KILLED') return null;
    const isReason = reading.reason !== null && REASONS.has(reading.reason);
    if (!isReason && mentions(reading, PHRASES) === null) return null;
    return {
      cause: 'killed_by_deploy_or_scale',
      disposition: 'normal',
      // That it was killed before it ran is certain; who asked for it is not told.
      proof: 'likely',
      summary: `The task${ofApp(facts)} was killed on its scheduler's request before it had started.`,
      because: [],
      advice: [],
    };
  },
};
