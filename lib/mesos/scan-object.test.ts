import { describe, expect, it } from 'vitest';

import { memberNames } from './pick-members';
import { ODD, scanObject, scanText } from './scan-object';
import { createSpanScanner } from './scan-objects';
import { compileScanPlan } from './scan-plan';

const NAMES = ['id', 'state', 'statuses', 'text'];
const MEMBERS = memberNames(...NAMES);
const PIECES = [
  'a',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  'é',
  '漢',
  '😀',
  ' ',
  '"id":1',
  'long enough for words of four',
];

/** The text put at every place relative to a word of four bytes. */
function* shifted(text: string): Generator<Buffer> {
  const bytes = Buffer.from(text);
  for (let shift = 0; shift < 4; shift += 1) {
    const whole = Buffer.alloc(bytes.length + 8, '"');
    bytes.copy(whole, shift);
    yield whole.subarray(shift, shift + bytes.length);
  }
}

function scanned(bytes: Buffer, from = 0): { end: number; found: number[] } {
  const found = new Int32Array(MEMBERS.length);
  const end = scanObject(scanText(bytes), from, MEMBERS, found);
  return { end, found: [...found] };
}

/** What JSON.parse makes of the value that begins at `at`: all text up to an end that it takes. */
function valueFrom(text: string): unknown {
  for (let end = 1; end <= text.length; end += 1) {
    const rest = text[end];
    if (rest !== undefined && rest !== ',' && rest !== '}') continue;
    try {
      return JSON.parse(text.slice(0, end));
    } catch {
      // Not yet its end.
    }
  }
  throw new Error(`no value at ${text}`);
}

describe('scanObject against JSON.parse', () => {
  it.each(Array.from({ length: 16 }, (_, seed) => seed))('any object, at any place: seed %i', (seed) => {
    const random = mulberry32(seed);
    const object = randomObject(random, 3);
    const json = JSON.stringify(object);
    for (const bytes of shifted(`${json},{"id":"next"}`)) {
      const { end, found } = scanned(bytes);
      expect(end).toBe(Buffer.byteLength(json));
      for (const [index, name] of NAMES.entries()) {
        const at = found[index] ?? -1;
        expect(at === -1 ? undefined : valueFrom(bytes.toString('utf8', at))).toEqual(object[name]);
      }
    }
    for (const bytes of shifted(json)) {
      for (let length = 0; length < bytes.length; length += 1) {
        expect(scanned(bytes.subarray(0, length)).end).toBe(-1);
      }
    }
  });
});

describe('scanObject', () => {
  it.each([
    ['an escape in a name', '{"\\u0069d":1,"state":2}'],
    ['a space before a colon', '{"id" :1,"state":2}'],
    ['a line before a colon', '{"state":2,"id"\n\t:1}'],
  ])('%s: all ODD', (_name, text) => {
    for (const bytes of shifted(text)) {
      expect(scanned(bytes)).toEqual({ end: bytes.length, found: NAMES.map(() => ODD) });
    }
  });

  it('space elsewhere is not odd, and of a repeated member the first is taken', () => {
    const text = '{ "x": "y" , "id": "a"\n, "id": "b", "state":\t"c" }';
    const { found } = scanned(Buffer.from(text));
    expect(text.slice(found[0], (found[0] ?? 0) + 4)).toBe(' "a"');
    expect(found.slice(2)).toEqual([-1, -1]);
  });

  it('members of members are none of its own, whatever strings look like', () => {
    const { found } = scanned(Buffer.from('{"x":{"id":1},"y":[{"state":2}],"z":"\\",\\"text\\":3"}'));
    expect(found).toEqual([-1, -1, -1, -1]);
  });

  it('may stop once all are found', () => {
    const found = new Int32Array(1);
    const end = scanObject(scanText(Buffer.from('{"a":1,"id":2,"b":3')), 0, memberNames('id'), found, false);
    expect([end > 0, found[0]]).toEqual([true, 12]);
  });
});

describe('elements with their members, chunks of any size', () => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
    const random = mulberry32(500 + seed);
    const objects = Array.from({ length: 5 }, () => randomObject(random, 2));
    const bytes = Buffer.from(JSON.stringify({ a: 1, list: [...objects, 'x{', null, [1], 7], b: 2 }));
    for (let size = 1; size <= bytes.length; size += size < 48 ? 1 : 29) {
      const told: unknown[] = [];
      const scanner = createSpanScanner({
        plan: compileScanPlan({ emit: ['list[]'], skip: [] }),
        names: MEMBERS,
        onOversized: () => {},
        onSpan({ text, start, end, found }) {
          const whole: unknown = JSON.parse(text.bytes.toString('utf8', start, end));
          const members = NAMES.flatMap((name, index) => {
            const at = found[index] ?? -1;
            return at === -1 ? [] : [[name, valueFrom(text.bytes.toString('utf8', at, end))]];
          });
          told.push({ whole, members: Object.fromEntries(members) });
        },
      });
      for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
      expect(scanner.end()).toEqual({ remainder: { a: 1, list: [], b: 2 }, problem: null });
      const wanted = (object: Record<string, unknown>) =>
        Object.fromEntries(Object.entries(object).filter(([name]) => NAMES.includes(name)));
      expect(told).toEqual([
        ...objects.map((whole) => ({ whole, members: wanted(whole) })),
        ...['x{', null, [1], 7].map((whole) => ({ whole, members: {} })),
      ]);
    }
  });
});

function randomObject(random: () => number, depth: number): Record<string, unknown> {
  const names = [...NAMES, 'other', 'x', 'ids', 'i'].filter(() => random() < 0.6);
  return Object.fromEntries(
    names.toSorted(() => random() - 0.5).map((name) => [name, randomValue(random, depth)]),
  );
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 7 : 5));
  if (kind === 0) return null;
  if (kind === 1) return Math.floor(random() * 1e6) / 100;
  if (kind < 5) {
    const length = Math.floor(random() * 6);
    return Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)] ?? '').join('');
  }
  if (kind === 5)
    return Array.from({ length: Math.floor(random() * 3) }, () => randomValue(random, depth - 1));
  return randomObject(random, depth - 1);
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
