import { mentions } from '../reading';
import type { Rule } from '../rule';
import { imageName, ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'did not register within',
  'executor registration timed out',
  'executor registration timeout',
  'executor launch timed out',
  'stuck in staging',
  'failed to register within',
];
const WITHIN = /did not register within ([0-9a-z.]{1,20})/i;

/** The executor did not report to its agent in time: most often the image was still being pulled. */
export const executorRegistration: Rule = {
  id: 'executor-registration',
  matches(facts, reading) {
    const isReason = reading.reason === 'EXECUTOR_REGISTRATION_TIMEOUT';
    const phrase = mentions(reading, PHRASES);
    if (!isReason && phrase === null) return null;
    const within = WITHIN.exec(reading.text)?.[1];
    const doing = mentions(reading, ['while pulling image', 'while fetching', 'while mounting volumes']);
    return {
      cause: 'executor_registration_timeout',
      disposition: 'failure',
      proof: isReason || reading.lower.includes('executor did not register within') ? 'proven' : 'likely',
      summary: `The executor${ofApp(facts)} did not register with its agent${within === undefined ? ' in time' : ` within ${within}`}${doing === null ? '' : `; the container was given up ${doing}`}.`,
      because: [],
      advice: [
        `See how long the agent needs to pull ${imageName(facts)}; a pull slower than --executor_registration_timeout (1 minute by default) ends like this. Raise that flag, pre-pull, or make the image smaller.`,
      ],
    };
  },
};
