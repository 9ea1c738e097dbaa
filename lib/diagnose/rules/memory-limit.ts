import type { Facts } from '@/lib/domain/verdict';
import { memoryAdvice } from '../memory-advice';
import { isLaunchReport, mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { excerpt, limitNote, ofApp } from '../wording';

const MESOS_SAYS = 'memory limit exceeded:';
const OTHERS_SAY: readonly string[] = [
  'memory limit exceeded',
  'memory cgroup out of memory',
  'too much memory',
];
const EXCEEDED =
  /\b(?:exceed(?:s|ed|ing)|beyond|over) (?:its |the |their |one or more )?(?:physical |virtual |container |allowed )?memory\b(?! (?:leak|pressure))|\bmemory (?:usage|use) [^\n]{0,60}exceed/i;
const RAN_OUT = /\b(?:task|container|executor) ran out of memory\b/i;
const OOM_KILLED = /(?<!not )\bOOM[ -]?Killed\b"?\s{0,3}(?:[:=]\s{0,3}true|(?!["\s]{0,3}[:=]))/i;
// runc's words where the limit is too small for the container even to start.
const INIT_KILLED = 'container init was oom-killed';

/** Killed at its own container's memory limit: Mesos's memory isolator says so by reason or message, whatever the state. */
export const memoryLimit: Rule = {
  id: 'memory-limit',
  matches(facts, reading) {
    const proof = proofOf(reading);
    if (proof === null) return null;
    const requested = numberAfter(reading.text, /Requested: ([^\s]{1,30})/);
    const used = numberAfter(reading.text, /Maximum Used: ([^\s]{1,30})/);
    return {
      cause: 'oom_cgroup_limit',
      disposition: 'failure',
      proof,
      summary: summaryOf(facts, requested, used),
      because: [
        ...(requested === null ? [] : [`Memory limit of the container: ${requested}.`]),
        ...(used === null ? [] : [`Most memory it used: ${used}.`]),
      ],
      advice: memoryAdvice(facts, null),
    };
  },
};

function proofOf(reading: Reading): 'proven' | 'likely' | null {
  if (reading.lower.includes(MESOS_SAYS)) return 'proven';
  if (reading.reason === 'CONTAINER_LIMITATION_MEMORY') {
    // Until 0.25 this reason stood for every kill by the containerizer, the disk quota's too.
    if (!reading.isOldMemoryReason) return 'proven';
    return mentions(reading, ['disk usage', 'disk limit']) === null ? 'likely' : null;
  }
  if (reading.lower.includes(INIT_KILLED)) return 'likely';
  if (isLaunchReport(reading)) return null;
  const isSaid = [EXCEEDED, RAN_OUT, OOM_KILLED].some((words) => words.test(reading.text));
  return isSaid || mentions(reading, OTHERS_SAY) !== null ? 'likely' : null;
}

function numberAfter(text: string, expression: RegExp): string | null {
  const found = expression.exec(text)?.[1];
  return found === undefined ? null : excerpt(found, 30);
}

function summaryOf(facts: Facts, requested: string | null, used: string | null): string {
  const numbers =
    requested !== null && used !== null
      ? `: it used ${used} of ${requested}`
      : requested !== null
        ? ` of ${requested}`
        : used !== null
          ? `: it used ${used}`
          : limitNote(facts);
  return `The container${ofApp(facts)} reached its memory limit${numbers} and was killed for it.`;
}
