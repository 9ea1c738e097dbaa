/** A seeded source of chance: the same seed and name give the same values in the same order, on every machine. */
export type Random = {
  /** In [0, 1). */
  next(): number;
  between(from: number, to: number): number;
  /** Whole number in [from, to]. */
  int(from: number, to: number): number;
  chance(probability: number): boolean;
  /** Time to the next event of a process that happens once per `mean` on average. */
  exponential(mean: number): number;
  pick<T>(items: readonly T[]): T;
  /** A random (version 4) UUID, or a version 1 look-alike as Marathon makes them. */
  uuid(version?: 1 | 4): string;
  /** Base64 of 16 bytes, as a status update's uuid stands in JSON. */
  uuidBytes(): string;
};

/** A stream of its own per `name`, so that one part of the model drawing more does not change what another draws. */
export function createRandom(seed: number, name: string): Random {
  let state = hash(`${seed}/${name}`);

  function next(): number {
    // Mulberry32: small, quick, good enough to tell stories with.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  function hex(digits: number): string {
    let text = '';
    while (text.length < digits) {
      text += Math.floor(next() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, '0');
    }
    return text.slice(0, digits);
  }

  function int(from: number, to: number): number {
    return from + Math.floor(next() * (to - from + 1));
  }

  return {
    next,
    int,
    between: (from, to) => from + next() * (to - from),
    chance: (probability) => next() < probability,
    exponential: (mean) => -mean * Math.log(1 - next()),
    pick: (items) => {
      const item = items[int(0, items.length - 1)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    uuid: (version = 4) => {
      if (version === 1) return `${hex(8)}-${hex(4)}-11f0-${hex(4)}-${hex(12)}`;
      return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
    },
    uuidBytes: () => Buffer.from(hex(32), 'hex').toString('base64'),
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
