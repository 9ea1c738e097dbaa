const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** In `found`: a name is written oddly (an escape in it, a space before its colon), so only a parser can tell. */
export const ODD = -2;

const NO_WORDS = new Int32Array(0);

/** A piece of a body, with its bytes as words of four, by which strings are passed over. */
export type ScanText = {
  bytes: Buffer;
  words: Int32Array;
  /** What is added to a position in `bytes` to have it in `words`, times four. */
  shift: number;
};

/** Prepares a piece for `scanObject`. Copies nothing. */
export function scanText(bytes: Buffer): ScanText {
  const shift = bytes.byteOffset & 3;
  const words = (shift + bytes.length) >> 2;
  return {
    bytes,
    words: words === 0 ? NO_WORDS : new Int32Array(bytes.buffer, bytes.byteOffset - shift, words),
    shift,
  };
}

/**
 * Finds the end of the JSON object that begins at `from`, and on the way where the values of its members `names` begin:
 * `found` holds their positions in the order of `names`, -1 where there is none, all ODD where a name is written oddly.
 * Of a repeated member the first is taken. It takes an array for an object without members.
 *
 * Answers the position behind the object; -1 where the text ends before. With `toItsEnd` false it may stop, somewhere
 * inside, as soon as all are found. Brackets and strings are followed, nothing
 * more. Cost: about 1 ns a byte; makes nothing.
 */
export function scanObject(
  { bytes, words, shift }: ScanText,
  from: number,
  names: readonly Buffer[],
  found: Int32Array,
  toItsEnd = true,
): number {
  found.fill(-1);
  let missing = toItsEnd ? -1 : names.length;
  const length = bytes.length;
  const wholeWords = words.length;
  let depth = 0;
  let isOdd = false;
  let at = from;
  // One loop without calls for the bulk of the bytes: it runs over every task of the cluster.
  while (at < length) {
    const byte = bytes[at] ?? 0;
    at += 1;
    if (byte === QUOTE) {
      const start = at;
      let isPlain = true;
      for (;;) {
        // Four bytes at once, as long as none of them is a quote or a backslash.
        if (((at + shift) & 3) === 0) {
          let word = (at + shift) >> 2;
          while (word < wholeWords) {
            const four = words[word] ?? 0;
            const quote = four ^ 0x22222222;
            const slash = four ^ 0x5c5c5c5c;
            if ((((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash)) & 0x80808080) break;
            word += 1;
          }
          at = (word << 2) - shift;
        }
        if (at >= length) return -1;
        const inside = bytes[at] ?? 0;
        at += 1;
        if (inside === QUOTE) break;
        if (inside === BACKSLASH) {
          at += 1;
          isPlain = false;
        }
      }
      if (depth === 1 && at < length) {
        const next = bytes[at] ?? 0;
        if (next === COLON && isPlain) {
          if (note(bytes, start, at - 1, names, found)) missing -= 1;
          if (missing === 0) return at;
        } else if (next !== COMMA && next !== CLOSE_BRACE && isName(bytes, at)) isOdd = true;
      }
      continue;
    }
    // `[` and `{`, `]` and `}` differ in this one bit only.
    const folded = byte | 0x20;
    if (folded === OPEN_BRACE) depth += 1;
    else if (folded === CLOSE_BRACE) {
      depth -= 1;
      if (depth === 0) {
        if (isOdd) found.fill(ODD);
        return at;
      }
    }
  }
  return -1;
}

/** Keeps where the value of a member begins, if it is a wanted one: behind the colon at `to + 1`. True: it was new. */
function note(bytes: Buffer, from: number, to: number, names: readonly Buffer[], found: Int32Array): boolean {
  const length = to - from;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index];
    if (name === undefined || name.length !== length) continue;
    let same = 0;
    while (same < length && bytes[from + same] === name[same]) same += 1;
    if (same !== length) continue;
    if (found[index] !== -1) return false;
    found[index] = to + 2;
    return true;
  }
  return false;
}

/** Whether the string that ended before `at` is a name: a colon follows, wherever. */
function isName(bytes: Buffer, at: number): boolean {
  let next = at;
  while ((bytes[next] ?? COMMA) <= 0x20) next += 1;
  return bytes[next] === COLON;
}
