import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'exceeds quota (',
  'exceeded quota (',
  'disk limit exceeded',
  'exceeded disk limit',
  'disk limitation exceeded',
  'disk quota exceeded',
];
const EXCEEDED = /\bexceed(?:s|ed|ing) (?:its |the )?disk (?:space )?(?:limit|quota)/i;
const USAGE = /Disk usage \(([^)]{1,40})\) exceed(?:s|ed) quota \(([^)]{1,40})\)/;

/** Over its own disk quota; a full host is another rule. */
export const diskLimit: Rule = {
  id: 'disk-limit',
  matches(facts, reading) {
    const isReason = reading.reason === 'CONTAINER_LIMITATION_DISK';
    const phrase = mentions(reading, PHRASES);
    if (!isReason && phrase === null && !EXCEEDED.test(reading.text)) return null;
    const [, used, quota] = USAGE.exec(reading.text) ?? [];
    const numbers = used === undefined || quota === undefined ? '' : `: it used ${used} of ${quota}`;
    return {
      cause: 'disk_limit',
      disposition: 'failure',
      proof: isReason || numbers !== '' ? 'proven' : 'likely',
      summary: `The task${ofApp(facts)} went over its disk quota${numbers} and was killed for it.`,
      because: [],
      advice: ['See what fills the sandbox (logs that nobody rotates are the usual find), or raise `disk`.'],
    };
  },
};
