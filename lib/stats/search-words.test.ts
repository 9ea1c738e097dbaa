import { describe, expect, it } from 'vitest';

import { anywhere, endOfPrefix, forIndex, searchText, storable, toTsquery } from './search-words';

describe('searchText', () => {
  it.each([
    ['Container exited', 'Container exited', ['container', 'exited']],
    ['  exit=137, exit ', 'exit=137, exit', ['exit', '137']],
    ['/var/lib/mesos', '/var/lib/mesos', ['var', 'lib', 'mesos']],
    ['größe 日本', 'größe 日本', ['größe', '日本']],
    ["a' | !b & (c:* <-> d) \\", "a' | !b & (c:* <-> d) \\", ['a', 'b', 'c', 'd']],
    ['%_\\', '%_\\', []],
    ['   ', '', []],
    ['a\0b', 'a\u2400b', ['a\u2400b']],
    ['\ud800x', '\ufffdx', ['\ufffdx']],
  ])('%j', (typed, text, words) => {
    expect(searchText(typed)).toEqual({ text, words });
  });

  it('keeps a megabyte within bounds, and no half of a character at the cut', () => {
    const { text, words } = searchText(`${'x'.repeat(199)}\u{1f600}${' y'.repeat(500_000)}`);
    expect(text).toHaveLength(200);
    expect(text.isWellFormed()).toBe(true);
    expect(words).toHaveLength(1);
    expect(searchText('a b c d e f g h i j k l').words).toHaveLength(10);
  });
});

describe('queries for Postgres', () => {
  it('make every word the beginning of one', () => {
    expect(toTsquery(['exit', '137'])).toBe("'exit':* & '137':*");
  });

  it('ask the index for no short word where a longer one is left', () => {
    expect(forIndex(['a', 'of', 'zebra'])).toBe("'zebra':*");
    expect(forIndex(['a', 'of'])).toBe("'a':* & 'of':*");
  });

  it('find wildcards as they stand', () => {
    expect(anywhere('100%_\\')).toBe('%100\\%\\_\\\\%');
  });

  it('end a range after every text that begins so', () => {
    const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    for (const rest of ['', 'z', '\uffff', '\u{10fffe}']) {
      expect(order(`abc${rest}`, endOfPrefix('abc'))).toBeLessThan(0);
    }
    expect(order('abd', endOfPrefix('abc'))).toBeGreaterThan(0);
  });

  it('hold texts as the collector stores them', () => {
    expect(storable('a\0\ud800')).toBe('a\u2400\ufffd');
  });
});
