import type { Rule } from '../rule';
import { imageName, ofApp } from '../wording';

// Marathon's task_launch_timeout is 300 s by default and is looked at every few seconds.
const LAUNCH_TIMEOUT_MS = 300_000;
const LATEST_MS = 360_000;

/** Marathon killed a task that did not get to run within its launch timeout (KillReason Overdue). */
export const marathonLaunchTimeout: Rule = {
  id: 'marathon-launch-timeout',
  matches(facts) {
    if (facts.state !== 'TASK_KILLED' || facts.everRan !== false || facts.marathon === null) return null;
    if (facts.marathon.deployment !== null) return null;
    const firstAt = facts.statuses.find((status) => status.at !== null)?.at ?? null;
    if (firstAt === null) return null;
    const ageMs = facts.finishedAt.getTime() - firstAt.getTime();
    if (ageMs < LAUNCH_TIMEOUT_MS || ageMs > LATEST_MS) return null;
    return {
      cause: 'executor_registration_timeout',
      disposition: 'failure',
      proof: 'likely',
      summary: `The task${ofApp(facts)} was still not running after ${Math.round(ageMs / 1000)} s, and Marathon gave it up.`,
      because: [
        'No TASK_RUNNING among its statuses; it was killed at the age of Marathon’s launch timeout (300 s by default), with no deployment at that time.',
      ],
      advice: [
        `See how long the agent needs to pull ${imageName(facts)}, and whether its Docker answers; raise --task_launch_timeout of Marathon only after that.`,
      ],
    };
  },
};
