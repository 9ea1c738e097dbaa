import { describe, expect, it } from 'vitest';

import { asId, asInstant, asIsoInstant, asJsonText, asNumber, asText } from './loose-json';

describe('asText', () => {
  it('cuts behind the limit, not at it', () => {
    expect(asText('abc', 3)).toBe('abc');
    expect(asText('abcd', 3)).toBe('abc …[cut]');
  });
  it('replaces what Postgres refuses, also a pair split by the cut', () => {
    expect(asText('a\0b')).toBe('a\ufffdb');
    expect(asText('\ud800x')).toBe('\ufffdx');
    expect(asText('ok 😀')).toBe('ok 😀');
    expect(asText('ab😀', 3)).toBe('ab\ufffd …[cut]');
  });
  it('no string: null', () => {
    expect([asText(1), asText(null), asText({})]).toEqual([null, null, null]);
  });
});

describe('asId', () => {
  it('1,024 characters are an id, 1,025 are not, and neither is nothing', () => {
    expect(asId('a'.repeat(1024))).toHaveLength(1024);
    expect([asId('a'.repeat(1025)), asId(''), asId({}), asId(Number.NaN)]).toEqual([null, null, null, null]);
    expect(asId(7)).toBe('7');
  });
});

describe('asNumber', () => {
  it.each([
    [512, 512],
    ['512', 512],
    ['1.5e3', 1500],
    ['', null],
    [' ', null],
    ['12MB', null],
    [Number.POSITIVE_INFINITY, null],
    [true, null],
    [[5], null],
  ])('%j: %j', (value, expected) => {
    expect(asNumber(value)).toBe(expected);
  });
});

describe('instants', () => {
  it('seconds become milliseconds, rounded', () => {
    expect(asInstant(1427904770.84935)?.toISOString()).toBe('2015-04-01T16:12:50.849Z');
    expect(asInstant('1427904770.8499')?.toISOString()).toBe('2015-04-01T16:12:50.850Z');
  });
  it('outside 1970 to 9999, or no time at all: null', () => {
    expect([asInstant(-1), asInstant(1e300), asInstant('soon'), asInstant(253_402_300_800)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect([asIsoInstant('soon'), asIsoInstant(5), asIsoInstant('1969-01-01T00:00:00Z')]).toEqual([
      null,
      null,
      null,
    ]);
    expect(asIsoInstant('2015-04-01T16:12:50.849Z')?.getTime()).toBe(1427904770849);
  });
});

describe('asId', () => {
  it('holds no more bytes than an index of Postgres takes', () => {
    expect(asId('a'.repeat(1024))).toHaveLength(1024);
    expect(asId('a'.repeat(1025))).toBeNull();
    expect(asId('a\0'.repeat(512))).toBeNull();
    expect(asId('鰯'.repeat(341))).toHaveLength(341);
    expect(asId('鰯'.repeat(342))).toBeNull();
  });
});

describe('asJsonText', () => {
  it('writes what it can and names what is nested too deeply', () => {
    expect(asJsonText({ a: [1] })).toBe('{"a":[1]}');
    expect(asJsonText('x'.repeat(9), 4)).toBe('"xxx …[cut]');
    expect(asJsonText(undefined)).toBe('undefined');
    expect(asJsonText(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)))).toBe('[nested too deeply]');
  });
});
