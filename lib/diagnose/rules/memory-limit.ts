import type { Facts } from '@/lib/domain/verdict';
import { isLaunchReport, mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { excerpt, limitNote, ofApp } from '../wording';

const MESOS_SAYS = 'memory limit exceeded:';
const OTHERS_SAY: readonly string[] = [
  'exceeded memory limit',
  'exceeded one or more memory limits',
  'memory limit exceeded',
  'beyond physical memory limits',
  'memory cgroup out of memory',
];
const OOM_KILLED = /\bOOMKilled"?\s{0,3}(?:[:=]\s{0,3}true|(?!["\s]{0,3}[:=]))/i;

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
      advice: adviceOf(facts),
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
  if (isLaunchReport(reading)) return null;
  return mentions(reading, OTHERS_SAY) !== null || OOM_KILLED.test(reading.text) ? 'likely' : null;
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

function adviceOf(facts: Facts): string[] {
  const mem = facts.memMb === null ? '`mem`' : `\`mem\` (now ${facts.memMb} MB)`;
  return [
    `Find what grew before raising ${mem}: a leak only dies later with more.`,
    'For a JVM, set the heap (-Xmx or -XX:MaxRAMPercentage) so that heap, metaspace, threads and direct memory fit the limit together.',
  ];
}
