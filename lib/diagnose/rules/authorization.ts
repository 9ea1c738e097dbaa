import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const REASONS: ReadonlySet<string> = new Set(['TASK_UNAUTHORIZED', 'TASK_GROUP_UNAUTHORIZED']);
const PHRASES: readonly string[] = [
  'secret generation failed',
  'failed to resolve secret',
  'failed to decrypt secret',
  '401 unauthorized',
  '403 forbidden',
  'not authorized to',
  'is not authorized',
  'authorization failed',
  'failed to authenticate',
  'authentication failed',
  'not authenticated',
];
// A registry that refuses an image is a failed pull; the fetcher's 403 is a failed fetch.
const OTHERS: readonly string[] = [
  ' pull ',
  'manifest',
  'registry',
  'docker login',
  'failed to fetch',
  'docker image',
];

/** Credentials, a secret or a permission were refused by the cluster itself. */
export const authorization: Rule = {
  id: 'authorization',
  matches(facts, reading) {
    const isReason = reading.reason !== null && REASONS.has(reading.reason);
    const isText = mentions(reading, PHRASES) !== null && mentions(reading, OTHERS) === null;
    if (!isReason && !isText) return null;
    return {
      cause: 'auth_failure',
      disposition: 'failure',
      proof: isReason ? 'proven' : 'likely',
      summary: `The task${ofApp(facts)} was refused for lack of permission or credentials.`,
      because: [],
      advice: [
        "Check the framework's principal, the user the task runs as, and its secrets, against the cluster's access rules.",
      ],
    };
  },
};
