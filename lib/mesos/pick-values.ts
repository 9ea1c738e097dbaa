import { TASK_STATES, type TaskState } from '@/lib/domain/task';

import type { TextPool } from './text-pool';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const POINT = 0x2e;
const ZERO = 0x30;
const ID_OPENING = Buffer.from('{"value":');
const MAX_ID_BYTES = 1024;

// Up to that many digits are exact as a double, and so are these powers.
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => Number(`1e${power}`));

/** The first position from `at` on that is no white space. */
export function skipSpace(bytes: Buffer, at: number): number {
  let next = at;
  while ((bytes[next] ?? 0x21) <= 0x20) next += 1;
  return next;
}

/** Where the value of a member begins; behind the text where it was not found. */
export function valueAt(bytes: Buffer, found: number | undefined): number {
  return found === undefined || found < 0 ? bytes.length : skipSpace(bytes, found);
}

/**
 * Where the string that begins at `at` ends: the position of its closing quote. -1: there is no string, or one that is
 * not plain ASCII as it stands, which takes a parser.
 */
export function plainEnd(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) return -1;
  let end = at + 1;
  for (;;) {
    const byte = bytes[end] ?? 0;
    if (byte === QUOTE) return end;
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1;
    end += 1;
  }
}

/**
 * The id at `at` as /state writes it, or as the operator API does (`{"value":"…"}`), kept by `texts` or (absent) made
 * anew. Null: an odd one, which takes a parser, or none.
 */
export function idAt(bytes: Buffer, at: number, texts?: TextPool): string | null {
  const from = bytes[at] === OPEN_BRACE && startsWith(bytes, at, ID_OPENING) ? at + ID_OPENING.length : at;
  const end = plainEnd(bytes, from);
  const length = end - from - 1;
  if (end === -1 || length < 1 || length > MAX_ID_BYTES) return null;
  if (from !== at && bytes[end + 1] !== CLOSE_BRACE) return null;
  return texts === undefined ? bytes.toString('latin1', from + 1, end) : texts(bytes, from + 1, end);
}

function startsWith(bytes: Buffer, at: number, what: Buffer): boolean {
  let same = 0;
  while (same < what.length && bytes[at + same] === what[same]) same += 1;
  return same === what.length;
}

// The common ones first.
const STATES = ['TASK_RUNNING', 'TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', ...TASK_STATES].map(
  (state) => ({
    state: state as TaskState, // Each is one of TASK_STATES.
    bytes: Buffer.from(state),
  }),
);

/** The task state that stands at `at` as a string; null: something else does. Makes nothing. */
export function stateAt(bytes: Buffer, at: number): TaskState | null {
  if (bytes[at] !== QUOTE) return null;
  for (const one of STATES) {
    const length = one.bytes.length;
    if (bytes[at + 1 + length] !== QUOTE) continue;
    let same = 0;
    while (same < length && bytes[at + 1 + same] === one.bytes[same]) same += 1;
    if (same === length) return one.state;
  }
  return null;
}

/**
 * The number that stands at `at`, to the last bit what JSON.parse makes of it: without a sign or an exponent. NaN:
 * something else.
 */
export function numberAt(bytes: Buffer, at: number): number {
  let digits = 0;
  let whole = 0;
  let scale = 0;
  let point = -1;
  let next = at;
  for (;;) {
    const byte = bytes[next] ?? 0;
    if (byte >= ZERO && byte <= ZERO + 9) {
      whole = whole * 10 + (byte - ZERO);
      digits += 1;
      if (point !== -1) scale += 1;
    } else if (byte === POINT && point === -1 && digits > 0) {
      point = next;
    } else {
      // `1e5` and `12.` are left to a parser, and so is what is no JSON.
      const isOver = byte === 0x2c || byte === 0x7d || byte === 0x5d || (byte <= 0x20 && byte !== 0);
      if (!isOver || digits === 0 || next - 1 === point) return Number.NaN;
      if (digits > EXACT_DIGITS) return Number(bytes.toString('latin1', at, next));
      // Both are exact, so their quotient is the double nearest to the number.
      return whole / (POWERS[scale] ?? 1);
    }
    next += 1;
  }
}
