const SLOTS = 32_768;
const MAX_BYTES = 64;
const TAIL_BYTES = 12;

/** Gives the text of ASCII bytes; equal bytes give one and the same string, most of the time. */
export type TextPool = (bytes: Buffer, start: number, end: number) => string;

/** The one of this thread: what the last poll told, the next will tell again. */
export const sharedTexts: TextPool = createTextPool();

/**
 * A cache of short texts by their bytes: 200,000 tasks name the same few thousand agents, apps and images, and to make
 * a string of each would cost more than to read it. Longer than 64 bytes is made anew. Memory: 2 MiB and the texts,
 * whatever it is given: a text that hashes to the place of another takes it.
 */
export function createTextPool(): TextPool {
  const texts = new Array<string | null>(SLOTS).fill(null);
  const kept = Buffer.alloc(SLOTS * MAX_BYTES);
  return (bytes, start, end) => {
    const length = end - start;
    if (length > MAX_BYTES) return bytes.toString('latin1', start, end);
    // Ids differ at their end.
    let hash = length;
    for (let at = Math.max(start, end - TAIL_BYTES); at < end; at += 1) {
      hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    }
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const from = slot * MAX_BYTES;
    const known = texts[slot] ?? null;
    if (known !== null && known.length === length) {
      let same = 0;
      while (same < length && kept[from + same] === bytes[start + same]) same += 1;
      if (same === length) return known;
    }
    const text = bytes.toString('latin1', start, end);
    texts[slot] = text;
    bytes.copy(kept, from, start, end);
    return text;
  };
}
