import type { Facts } from '@/lib/domain/verdict';

import type { Rule } from '../rule';
import { graceSentence, ofApp } from '../wording';

/** KILLED, and nothing that was seen explains it. Not counted as a failure, not called normal either. */
export const killedUnexplained: Rule = {
  id: 'killed-unexplained',
  matches(facts, reading) {
    if (facts.state !== 'TASK_KILLED') return null;
    const grace = graceSentence(reading.signal?.name ?? null, facts.marathon?.killGraceSeconds ?? null);
    return {
      cause: 'unknown',
      disposition: 'unexplained',
      proof: 'possible',
      summary: `The task${ofApp(facts)} was killed on request, and nothing seen here explains the request.${grace}`,
      because: [notSeen(facts)],
      advice: [adviceOf(facts)],
    };
  },
};

function notSeen(facts: Facts): string {
  return facts.marathon === null
    ? 'The scheduler of this task is not watched.'
    : 'No deployment, no scaling, no failed health check and no drain was seen at that time.';
}

function adviceOf(facts: Facts): string {
  return facts.marathon === null
    ? "Ask the framework's scheduler: its log tells whom it killed, and why."
    : "Look in Marathon's log for `Killing` with this task id: no API tells its reason. A person's kill by API or dcos task kill leaves no other trace.";
}
