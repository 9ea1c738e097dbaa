const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Names as bytes, for `pickMembers`. */
export function memberNames(...names: string[]): readonly Buffer[] {
  return names.map((name) => Buffer.from(name));
}

/**
 * Finds single members of the JSON object that begins at `from`, without parsing the rest: `[start, end)` of each
 * wanted member's value, two numbers a name in the order of `names`, -1 where there is none. It stops behind the
 * last one wanted, so what stands further on is not looked at.
 *
 * Null as a whole where the text is odd (an escape in a key, brackets that do not close): the full parser then
 * decides. Of a repeated member the first is taken. Cost: about 2 ns a byte, and no string is made.
 */
export function pickMembers(raw: Buffer, names: readonly Buffer[], from = 0): number[] | null {
  const length = raw.length;
  const found = new Array<number>(names.length * 2).fill(-1);
  let wanted = names.length;
  let at = skipSpace(raw, from);
  if (raw[at] !== OPEN_BRACE) return null;
  at += 1;
  let depth = 1;
  let isKey = true;
  let member = -1;
  // One loop without calls for the bulk of the bytes: this runs over every live task of the cluster.
  while (at < length) {
    const byte = raw[at] ?? 0;
    at += 1;
    if (byte === QUOTE) {
      const start = at;
      let isPlain = true;
      while (at < length && raw[at] !== QUOTE) {
        if (raw[at] === BACKSLASH) {
          isPlain = false;
          at += 1;
        }
        at += 1;
      }
      if (depth === 1 && isKey) {
        if (!isPlain) return null;
        member = indexOfName(raw, start, at, names);
        isKey = false;
      }
      at += 1;
      continue;
    }
    // `[` and `{`, `]` and `}` differ in this one bit only.
    const folded = byte | 0x20;
    if (folded === OPEN_BRACE) depth += 1;
    else if (folded === CLOSE_BRACE) depth -= 1;
    if (depth > 1) continue;
    if (byte === COLON && member !== -1 && found[member * 2] === -1) {
      found[member * 2] = skipSpace(raw, at);
    } else if (byte === COMMA || depth === 0) {
      if (member !== -1 && found[member * 2 + 1] === -1 && found[member * 2] !== -1) {
        found[member * 2 + 1] = trimmedEnd(raw, at - 1);
        wanted -= 1;
      }
      if (wanted === 0 || depth === 0) return found;
      member = -1;
      isKey = true;
    }
  }
  return null;
}

/**
 * The text between the quotes at `[start, end)`; null where there is no string, or one that takes a parser
 * because of an escape or of quotes that do not pair.
 */
export function plainText(raw: Buffer, start: number | undefined, end: number | undefined): string | null {
  if (start === undefined || end === undefined || start === -1) return null;
  if (raw[start] !== QUOTE || raw[end - 1] !== QUOTE || end - start < 2) return null;
  const text = raw.toString('utf8', start + 1, end - 1);
  return text.includes('\\') || text.includes('"') ? null : text;
}

function indexOfName(raw: Buffer, from: number, to: number, names: readonly Buffer[]): number {
  const length = to - from;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index];
    if (name === undefined || name.length !== length) continue;
    let same = 0;
    while (same < length && raw[from + same] === name[same]) same += 1;
    if (same === length) return index;
  }
  return -1;
}

function skipSpace(raw: Buffer, from: number): number {
  let at = from;
  while (at < raw.length && (raw[at] ?? 0) <= 0x20) at += 1;
  return at;
}

function trimmedEnd(raw: Buffer, to: number): number {
  let at = to;
  while (at > 0 && (raw[at - 1] ?? 0) <= 0x20) at -= 1;
  return at;
}
