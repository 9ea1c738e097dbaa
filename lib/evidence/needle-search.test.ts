import { describe, expect, it } from 'vitest';

import { chanceOf } from './fuzz-log';
import { createNeedleSearch } from './needle-search';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('needles are found', () => {
  const needles = [
    { text: 'abcabd', groups: 1 },
    { text: 'bcab', groups: 2 },
    { text: 'xx yy zz', groups: 4 },
  ];
  const search = createNeedleSearch(needles);

  it.each([
    ['abcabd', 0, 3],
    ['--abcabcabd', 3, 3],
    ['bca', -1, 0],
    ['', -1, 0],
    ['xx yy z', -1, 0],
    ['é xx yy zz', 3, 4],
    ['xx yy zzbcab', 0, 6],
  ])('in %j', (text, first, groups) => {
    expect([search.next(bytes(text), 0, bytes(text).length), search.groupsIn(text)]).toEqual([first, groups]);
  });

  it('not past the end that is given, nor before the beginning', () => {
    expect([search.next(bytes('abcabd'), 0, 4), search.next(bytes('bcab'), 1, 4)]).toEqual([-1, -1]);
  });

  it('the same as by looking for each, in any text', () => {
    const chance = chanceOf(7);
    for (let round = 0; round < 2_000; round += 1) {
      const text = Array.from({ length: 40 }, () => 'abcdxyz '[Math.floor(chance() * 8)]).join('');
      const places = needles.map((needle) => text.indexOf(needle.text)).filter((place) => place >= 0);
      const groups = needles.reduce(
        (sum, needle) => (text.includes(needle.text) ? sum | needle.groups : sum),
        0,
      );
      expect(search.groupsIn(text)).toBe(groups);
      expect(search.next(bytes(text), 0, text.length) >= 0).toBe(places.length > 0);
    }
  });

  it('none of less than three characters', () => {
    expect(() => createNeedleSearch([{ text: 'ab', groups: 1 }])).toThrow(RangeError);
  });
});
