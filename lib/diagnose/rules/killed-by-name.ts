import type { Cause } from '@/lib/domain/cause';

import { mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { excerpt, graceSentence, ofApp } from '../wording';

const BY_WHOM =
  /\b(?:killed|restarted|stopped|deleted|terminated) by (?!(?:the )?(?:signal|sig[a-z]{3,4}|oom|kernel|out|health|memory|its|a|an)\b)(?:the )?([\w.@/-]{1,80})/i;
const PERSON_SAYS: readonly string[] = [
  'pod-deleted',
  'user requested',
  'user request',
  'killed externally',
  'dcos task kill',
  'user_requested',
  'user killed',
  'marked to be killed by',
];
const DEPLOY_SAYS: readonly string[] = [
  'killed for job update',
  'instances scaled down',
  'scaling down',
  'scale down',
  'rolling restart',
  'rolled back',
  'deployment',
  'new deploy',
];
// Programs that kill on somebody's behalf: not a person.
const PROGRAM =
  /scheduler|updater|marathon|aurora|singularity|cron|cook|chronos|system|framework|job update|deploy/i;

/** Killed, and the message says who or what wanted it. */
export const killedByName: Rule = {
  id: 'killed-by-name',
  matches(facts, reading) {
    if (facts.state !== 'TASK_KILLED') return null;
    const who = BY_WHOM.exec(reading.text)?.[1] ?? null;
    const cause = causeOf(reading, who);
    if (cause === null) return null;
    const grace = graceSentence(reading.signal?.name ?? null, facts.marathon?.killGraceSeconds ?? null);
    return {
      cause,
      disposition: 'normal',
      proof: 'likely',
      summary:
        who === null
          ? `The task${ofApp(facts)} was killed on request: ${reading.excerpt}.${grace}`
          : `The task${ofApp(facts)} was killed on request of ${excerpt(who, 80)}.${grace}`,
      because: [],
      advice: [],
    };
  },
};

function causeOf(reading: Reading, who: string | null): Cause | null {
  if (mentions(reading, DEPLOY_SAYS) !== null) return 'killed_by_deploy_or_scale';
  if (who !== null) return PROGRAM.test(who) ? 'killed_by_deploy_or_scale' : 'killed_by_operator';
  return mentions(reading, PERSON_SAYS) === null ? null : 'killed_by_operator';
}
