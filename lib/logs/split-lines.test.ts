import { describe, expect, it } from 'vitest';

import { createLineSplitter, MAX_LINE_BYTES } from './split-lines';

function linesOf(text: string | Buffer, pieceBytes: number): string[] {
  const bytes = Buffer.from(text);
  const splitter = createLineSplitter();
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    lines.push(...splitter.push(bytes.subarray(at, at + pieceBytes)));
  }
  return [...lines, ...splitter.end()];
}

describe('createLineSplitter', () => {
  const text = 'one\r\n\ntwo ünï\n\u{1F600} three\nlast';

  it.each(Array.from({ length: Buffer.byteLength(text) }, (_, index) => index + 1))(
    'gives the same lines in pieces of %i bytes',
    (pieceBytes) => {
      expect(linesOf(text, pieceBytes)).toEqual(['one', '', 'two ünï', '\u{1F600} three', 'last']);
    },
  );

  it.each([
    ['', []],
    ['\n', ['']],
    ['a\n', ['a']],
    ['a\n\n', ['a', '']],
  ])('%j is %j', (given, want) => {
    expect(linesOf(given, 1_000)).toEqual(want);
  });

  it.each([1_000, 70_000, 1_000_000])(
    'keeps the beginning of a line without end, in pieces of %i',
    (pieceBytes) => {
      const [long = '', next] = linesOf(`${'x'.repeat(300_000)}\nnext\n`, pieceBytes);
      expect(long.length).toBe(MAX_LINE_BYTES);
      expect(next).toBe('next');
    },
  );

  it('does not keep the caller’s chunk', () => {
    const splitter = createLineSplitter();
    const chunk = Buffer.from('begin');
    splitter.push(chunk);
    chunk.fill('#');
    expect(splitter.push(Buffer.from(' end\n'))).toEqual(['begin end']);
  });

  it('gives U+FFFD for what is no UTF-8', () => {
    expect(linesOf(Buffer.from([0x61, 0xff, 0x62, 0x0a]), 1)).toEqual(['a\uFFFDb']);
  });
});
