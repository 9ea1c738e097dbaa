import { describe, expect, it } from 'vitest';

import { createObjectScanner, type ScanEnd } from './scan-objects';
import { compileScanPlan } from './scan-plan';

const PATHS = {
  emit: ['slaves[]', 'frameworks[].tasks[]', 'frameworks[].completed_tasks[]', 'deep.er.list[]'],
  skip: ['frameworks[].executors', 'junk'],
};
const PLAN = compileScanPlan(PATHS);

type Found = { where: string; parent: number; value: unknown };
type Scan = ScanEnd & { found: Found[]; oversized: string[] };

function scan(bytes: Buffer, chunkSize: number, limits: { element?: number; remainder?: number } = {}): Scan {
  const found: Found[] = [];
  const oversized: string[] = [];
  const scanner = createObjectScanner({
    plan: PLAN,
    onElement: (raw, where, parent) => found.push({ where, parent, value: JSON.parse(raw.toString('utf8')) }),
    onOversized: (where, sample) => oversized.push(`${where} ${sample}`),
    ...(limits.element === undefined ? {} : { maxElementBytes: limits.element }),
    ...(limits.remainder === undefined ? {} : { maxRemainderBytes: limits.remainder }),
  });
  for (let at = 0; at < bytes.length; at += chunkSize) scanner.push(bytes.subarray(at, at + chunkSize));
  return { ...scanner.end(), found, oversized };
}

function scanText(text: string, chunkSize = 7, limits = {}) {
  return scan(Buffer.from(text), chunkSize, limits);
}

describe('against JSON.parse, every chunk size from 1 to 64', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed))('generated document, seed %i', (seed) => {
    const random = mulberry32(seed);
    const document = randomDocument(random);
    const text = untidy(document, random);
    const expected = expectedOf(JSON.parse(text));
    for (let chunkSize = 1; chunkSize <= 64; chunkSize += 1) {
      const { found, remainder, problem } = scanText(text, chunkSize);
      expect({ found, remainder, problem }).toEqual({ ...expected, problem: null });
    }
  });

  it.each([1, 2, 3])('a document cut at any byte gives the elements before the cut, seed %i', (seed) => {
    const random = mulberry32(1000 + seed);
    const text = untidy(randomDocument(random), random);
    const bytes = Buffer.from(text);
    const whole = expectedOf(JSON.parse(text)).found;
    for (let length = 0; length < bytes.lastIndexOf('}'); length += 1) {
      const { found, remainder, problem } = scan(bytes.subarray(0, length), 17);
      expect(problem).not.toBeNull();
      expect(found).toEqual(whole.slice(0, found.length));
      // What is kept of the rest is always JSON.
      expect(remainder === null || typeof remainder === 'object').toBe(true);
    }
  });
});

describe('what is handed out', () => {
  it('elements of any kind, so that an odd one can be counted', () => {
    const { found } = scanText('{"slaves":[1,"a]\\"",null,[[]],{"a":"}"}, true ,-1.5e3]}');
    expect(found.map(({ value }) => value)).toEqual([1, 'a]"', null, [[]], { a: '}' }, true, -1500]);
  });

  it('the index of the framework a task stands in', () => {
    const { found } = scanText(
      '{"frameworks":[{"tasks":[1]},{},{"tasks":[2],"completed_tasks":[3]}],"slaves":[4]}',
    );
    expect(found.map(({ parent, value }) => [parent, value])).toEqual([
      [0, 1],
      [2, 2],
      [2, 3],
      [-1, 4],
    ]);
  });

  it('a value of another kind at a wanted place stays in the rest', () => {
    const { found, remainder } = scanText('{"slaves":{"a":1},"frameworks":[null,7,{"tasks":"none"}]}');
    expect(found).toEqual([]);
    expect(remainder).toEqual({ slaves: { a: 1 }, frameworks: [null, 7, { tasks: 'none' }] });
  });

  it('skipped values become null, scalars there stay', () => {
    expect(scanText('{"junk":[{"a":"]"}],"a":1}').remainder).toEqual({ junk: null, a: 1 });
    expect(scanText('{"junk":"text","a":1}').remainder).toEqual({ junk: 'text', a: 1 });
  });

  it('keys written with escapes are the same keys', () => {
    expect(scanText('{"\\u0073laves":[1]}').found).toHaveLength(1);
  });

  it('a byte order mark and odd white space do not matter', () => {
    const { found, problem } = scanText('\ufeff\r\n\t{ "slaves"\t:\r\n[ 1 ,\n2\r] }\n\n', 1);
    expect([found.length, problem]).toEqual([2, null]);
  });

  it('invalid UTF-8 inside a string hides no quote', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"slaves":[{"a":"'),
      Buffer.from([0xe2, 0x28, 0xc3]),
      Buffer.from('"},{"a":"ok"}]}'),
    ]);
    for (let size = 1; size < 20; size += 1) {
      expect(scan(bytes, size).found.map(({ value }) => value)).toEqual([
        { a: '\ufffd(\ufffd' },
        { a: 'ok' },
      ]);
    }
  });

  it('bytes behind the document are ignored', () => {
    expect(scanText('{"slaves":[1]}garbage').problem).toBeNull();
  });
});

describe('bounds', () => {
  it('an element at the limit is handed out, one byte more is reported, and the scan goes on', () => {
    for (const size of [1, 5, 1000]) {
      const { found, oversized, problem } = scanText(
        '{"slaves":[{"a":"1234"},{"a":"12345"},{"b":1}]}',
        size,
        {
          element: 12,
        },
      );
      expect(found.map(({ value }) => value)).toEqual([{ a: '1234' }, { b: 1 }]);
      expect(oversized).toEqual([expect.stringMatching(/^slaves\[\] \{/)]);
      expect(problem).toBeNull();
    }
  });

  it('a rest above its limit stops the scan', () => {
    const { found, problem } = scanText(`{"slaves":[1],"flags":"${'x'.repeat(200)}","frameworks":[]}`, 16, {
      remainder: 100,
    });
    expect(found).toHaveLength(1);
    expect(problem).toBe('more than 100 bytes besides the lists');
  });

  it('a hundred thousand brackets deep is no stack overflow', () => {
    const { problem } = scanText(`{"junk":${'['.repeat(100_000)}${']'.repeat(100_000)},"slaves":[]}`, 4096);
    expect(problem).toBeNull();
  });
});

describe('malformed documents', () => {
  it.each([
    ['', 'the document ends early, after 0 bytes'],
    ['[]', 'the document is not a JSON object at byte 0'],
    ['<html>', 'the document is not a JSON object at byte 0'],
    ['{"slaves":[1,]}', 'unexpected bracket at byte 13'],
    ['{"slaves":[1}', 'unexpected bracket at byte 12'],
    ['{"slaves" 1}', 'unexpected byte 49 at byte 10'],
    ['{"a":}', 'unexpected bracket at byte 5'],
    ['{"a":1,}', 'unexpected bracket at byte 7'],
    ['{,}', 'unexpected byte 44 at byte 1'],
    ['{"a":nope}', 'the fields besides the lists are not JSON'],
  ])('%s: %s', (text, expected) => {
    for (const size of [1, 100]) expect(scanText(text, size).problem).toBe(expected);
  });

  it('what stood before the fault is kept', () => {
    const { found, remainder } = scanText('{"id":"m","frameworks":[{"id":"f","tasks":[{"a":1}],"x":1} oops');
    expect(found.map(({ value }) => value)).toEqual([{ a: 1 }]);
    expect(remainder).toEqual({ id: 'm', frameworks: [{ id: 'f', tasks: [], x: 1 }] });
  });
});

/** What a full parse says should have been found, by the rules of the plan. */
function expectedOf(document: Record<string, unknown>): { found: Found[]; remainder: unknown } {
  const found: Found[] = [];
  const walk = (value: unknown, path: string, parent: number): unknown => {
    if (PATHS.skip.includes(path) && typeof value === 'object' && value !== null) return null;
    if (Array.isArray(value)) {
      if (!PATHS.emit.includes(`${path}[]`))
        return value.map((item, index) => walk(item, `${path}[]`, index));
      for (const item of value) found.push({ where: `${path}[]`, parent, value: item });
      return [];
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        walk(item, path === '' ? key : `${path}.${key}`, parent),
      ]),
    );
  };
  return { remainder: walk(document, '', -1), found };
}

function randomDocument(random: () => number): Record<string, unknown> {
  const list = (make: () => unknown) => Array.from({ length: Math.floor(random() * 4) }, make);
  const framework = () => ({
    ...shuffled(random, {
      id: randomText(random),
      tasks: list(() => randomValue(random, 3)),
      completed_tasks: list(() => randomValue(random, 3)),
      executors: randomValue(random, 2),
      [`x${randomText(random)}`]: randomValue(random, 2),
    }),
  });
  return shuffled(random, {
    slaves: list(() => randomValue(random, 2)),
    frameworks: list(framework),
    deep: { er: { list: list(() => randomValue(random, 1)), more: randomValue(random, 1) } },
    junk: randomValue(random, 3),
    tasks: randomValue(random, 2),
    [`y${randomText(random)}`]: randomValue(random, 3),
  });
}

function shuffled(random: () => number, record: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(record).map((entry) => [random(), entry] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, entry]) => entry));
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 8 : 6));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return Math.floor(random() * 1e6) / 100 - 1000;
  if (kind < 6) return randomText(random);
  const length = Math.floor(random() * 4);
  if (kind === 6) return Array.from({ length }, () => randomValue(random, depth - 1));
  return Object.fromEntries(
    Array.from({ length }, (_, index) => [`${index}${randomText(random)}`, randomValue(random, depth - 1)]),
  );
}

const PIECES = [
  'a',
  '"',
  '\\',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\u0001',
  'é',
  '漢',
  '😀',
  ' ',
  '"tasks":[',
  'null',
];

function randomText(random: () => number): string {
  const length = Math.floor(random() * 5);
  return Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)] ?? '').join('');
}

/** JSON text with white space and escapes where nobody would put them. */
function untidy(value: unknown, random: () => number): string {
  const space = () => [' ', '', '', '\n', '\t\r\n'][Math.floor(random() * 5)] ?? '';
  const text = (string: string) =>
    JSON.stringify(string).replace(/[a-z]/g, (letter, at: number, all: string) =>
      random() < 0.1 && all[at - 1] !== '\\' && !/\\u[0-9a-f]{0,3}$/.test(all.slice(0, at))
        ? `\\u00${letter.charCodeAt(0).toString(16)}`
        : letter,
    );
  const write = (item: unknown): string => {
    if (Array.isArray(item))
      return `[${space()}${item.map((one) => write(one)).join(`${space()},${space()}`)}${space()}]`;
    if (typeof item === 'object' && item !== null) {
      const members = Object.entries(item).map(
        ([key, one]) => `${text(key)}${space()}:${space()}${write(one)}`,
      );
      return `{${space()}${members.join(`${space()},${space()}`)}${space()}}`;
    }
    return typeof item === 'string' ? text(item) : JSON.stringify(item);
  };
  return `${space()}${write(value)}${space()}`;
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
