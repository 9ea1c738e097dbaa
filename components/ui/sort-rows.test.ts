import { describe, expect, it } from 'vitest';

import { formatSort, parseSort, sortRows } from './sort-rows';

describe('sortRows', () => {
  const same = (value: number | string | null): number | string | null => value;
  it('what is not known stands last in either direction', () => {
    expect(sortRows([null, 2, 1], same, false)).toEqual([1, 2, null]);
    expect(sortRows([null, 1, 2], same, true)).toEqual([2, 1, null]);
  });
  it('numbers in names sort as numbers', () => {
    expect(sortRows(['node-10', 'node-9'], same, false)).toEqual(['node-9', 'node-10']);
  });
  it('equals keep their order and the given rows are left alone', () => {
    const rows = [
      { n: 1, id: 'a' },
      { n: 1, id: 'b' },
      { n: 0, id: 'c' },
    ];
    expect(sortRows(rows, (row) => row.n, true).map((row) => row.id)).toEqual(['a', 'b', 'c']);
    expect(rows[2]?.id).toBe('c');
  });
});

describe('parseSort', () => {
  const fallback = { key: 'failed', descending: true };
  it.each([
    [null, fallback],
    ['-', fallback],
    ['ended', { key: 'ended', descending: false }],
    ['-ended', { key: 'ended', descending: true }],
  ])('%s', (text, sort) => expect(parseSort(text, fallback)).toEqual(sort));
  it('writes what it reads', () => expect(formatSort(parseSort('-ended', fallback))).toBe('-ended'));
});
