import { MAX_LINE_LENGTH } from '@/lib/evidence/line-prefix';

import { MAX_LINE_BYTES } from './split-lines';
import type { SentRecord } from './split-records';

/** A value past it is left out of a record that is too long. */
const LONGEST_VALUE = 4_096;

/**
 * A record of JSON as a line that the parsers read: an object as it was sent (they know Vector's, Fluent Bit's and
 * journald's names), a string as its text. Of an object longer than the parsers look at, only short texts and numbers are
 * kept, in as far as they fit: labels and annotations of a shipper are what makes it long. Never throws.
 */
export function checkedRecord(text: string): SentRecord {
  if (text.trim() === '') return { text: '' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { why: text.length >= MAX_LINE_BYTES ? `longer than ${MAX_LINE_BYTES / 1024} KiB` : 'not JSON' };
  }
  if (typeof value === 'string') return { text: value.replace(/[\r\n]+/g, ' ') };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { why: 'not a JSON object' };
  return { text: text.length <= MAX_LINE_LENGTH ? text : shortened(value) };
}

function shortened(record: object): string {
  const kept: Record<string, string | number> = {};
  let room = MAX_LINE_LENGTH - 2;
  // The shortest first: what is dear (host, time, program) is short, and the message is rarely the longest.
  const entries = Object.entries(record)
    .filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1]))
    .map(([key, value]) => ({ key, value, length: JSON.stringify([key, value]).length }))
    .sort((a, b) => a.length - b.length);
  for (const { key, value, length } of entries) {
    if (length > LONGEST_VALUE || length > room) break;
    kept[key] = value;
    room -= length;
  }
  return JSON.stringify(kept);
}
