/** A set of literals to look for; `groups` are bits, one for each who asks. */
export type Needle = { text: string; groups: number };

export type NeedleSearch = {
  /** Where the first needle at or after `from` begins; -1: none before `to`. */
  next(bytes: Uint8Array, from: number, to: number): number;
  /** The bits of all needles that a line holds. */
  groupsIn(line: string): number;
};

const NONE: never[] = [];
const BLOCK = 3;
const TABLE_BITS = 15;
const TABLE_SIZE = 1 << TABLE_BITS;

/** Words of every second line, which no needle should be looked for by. */
const COMMON_WORDS =
  /[Dd]ock|ocke|cker|mesos|esos-|slave|agent|kern|ernel|conta|ainer|tcont|exec| for|stop|start|disc|arba|devi|error|evice/;
const COMMON_WORD_COSTS = 400;

/** How common a character is in logs, so that of a needle its rarest part is looked for. */
const COMMON = ' etaoinsrldcumphg0123456789/:=.-_kfbwyv';

/**
 * Looks for all needles at once and skips most of the text: the algorithm of Wu and Manber, "A fast algorithm for
 * multi-pattern searching" (1994), with blocks of three bytes. A regular expression of so many alternatives, or one
 * search for each, is ten times slower. Needles are ASCII, and the shortest decides how far it can skip.
 */
export function createNeedleSearch(needles: readonly Needle[]): NeedleSearch {
  const width = Math.min(...needles.map(({ text }) => text.length));
  if (width < BLOCK) throw new RangeError(`A needle must have ${BLOCK} characters or more`);
  const skip = new Uint8Array(TABLE_SIZE).fill(width - BLOCK + 1);
  /** By the hash of a window's last block: the needles to compare. */
  const ending: { text: string; offset: number; groups: number }[][] = Array.from(
    { length: TABLE_SIZE },
    () => NONE,
  );
  for (const { text, groups } of needles) {
    const offset = rarestWindow(text, width);
    for (let at = 0; at <= width - BLOCK; at += 1) {
      const hash = hashOf(
        text.charCodeAt(offset + at),
        text.charCodeAt(offset + at + 1),
        text.charCodeAt(offset + at + 2),
      );
      skip[hash] = Math.min(skip[hash] ?? 0, width - BLOCK - at);
      if (at === width - BLOCK) ending[hash] = [...(ending[hash] ?? NONE), { text, offset, groups }];
    }
  }

  return {
    next(bytes, from, to) {
      // `at` is where the last block of the window begins.
      const stop = to - BLOCK;
      for (let at = from + width - BLOCK; at <= stop; ) {
        const hash =
          ((bytes[at] ?? 0) ^ ((bytes[at + 1] ?? 0) << 5) ^ ((bytes[at + 2] ?? 0) << 9)) & (TABLE_SIZE - 1);
        const step = skip[hash] ?? 1;
        if (step > 0) {
          at += step;
          continue;
        }
        for (const { text, offset } of ending[hash] ?? NONE) {
          const start = at - (width - BLOCK) - offset;
          if (start >= from && start + text.length <= to && isAt(bytes, start, text)) return start;
        }
        at += 1;
      }
      return -1;
    },
    groupsIn(line) {
      let found = 0;
      const stop = line.length - BLOCK;
      for (let at = width - BLOCK; at <= stop; ) {
        const hash = hashOf(line.charCodeAt(at), line.charCodeAt(at + 1), line.charCodeAt(at + 2));
        const step = skip[hash] ?? 1;
        if (step > 0) {
          at += step;
          continue;
        }
        for (const { text, offset, groups } of ending[hash] ?? NONE) {
          const start = at - (width - BLOCK) - offset;
          if ((found & groups) !== groups && start >= 0 && line.startsWith(text, start)) found |= groups;
        }
        at += 1;
      }
      return found;
    },
  };
}

function hashOf(first: number, second: number, third: number): number {
  return (first ^ (second << 5) ^ (third << 9)) & (TABLE_SIZE - 1);
}

function isAt(bytes: Uint8Array, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

function rarestWindow(text: string, width: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let offset = 0; offset + width <= text.length; offset += 1) {
    let common = COMMON_WORDS.test(text.slice(offset, offset + width)) ? COMMON_WORD_COSTS : 0;
    // The last block counts most: it is what is hashed before anything is compared.
    for (let at = 0; at < width; at += 1) {
      const place = COMMON.indexOf(text[offset + at] ?? '');
      common += (place < 0 ? 0 : COMMON.length - place) * (at >= width - BLOCK ? 3 : 1);
    }
    if (common < least) {
      least = common;
      best = offset;
    }
  }
  return best;
}
