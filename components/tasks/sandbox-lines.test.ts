import { describe, expect, it } from 'vitest';

import { findInLines, MOST_MATCHES, markedPieces, sandboxLines } from './sandbox-lines';

const plain = (output: string) => sandboxLines(output).map((line) => line.plain);

describe('sandboxLines', () => {
  it.each([
    { when: 'the end of the last line begins no other', output: 'a\nb\n', want: ['a', 'b'] },
    { when: 'an empty line stays', output: 'a\n\nb', want: ['a', '', 'b'] },
    { when: 'Windows', output: 'a\r\nb\r\n', want: ['a', 'b'] },
    { when: 'a progress bar', output: '10%\r20%\rdone', want: ['10%', '20%', 'done'] },
    {
      when: 'titles and links of a terminal',
      output: '\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b',
      want: ['ab'],
    },
    { when: 'moves of the cursor', output: '\u001b[2J\u001b[1;1Ha\u001b[K', want: ['a'] },
    { when: 'other controls are seen', output: 'a\u0000b\u0007c\u007f', want: ['a␀b␇c␡'] },
    {
      when: 'markup is text',
      output: '<img src=x onerror=alert(1)>',
      want: ['<img src=x onerror=alert(1)>'],
    },
    { when: 'nothing', output: '', want: [''] },
  ])('$when', ({ output, want }) => expect(plain(output)).toEqual(want));

  it('reads colours over the ends of lines, and those it does not draw as plain', () => {
    const [first, second] = sandboxLines(
      '\u001b[1;31mERROR\nstill\u001b[0m ok \u001b[38;5;9mp\u001b[38;5;200mq\u001b[38;2;1;2;3mr',
    );
    expect(first?.segments).toEqual([{ text: 'ERROR', fg: 'red', bg: null, isBold: true }]);
    expect(second?.segments.map(({ text, fg, isBold }) => [text, fg, isBold])).toEqual([
      ['still', 'red', true],
      [' ok ', null, false],
      ['p', 'bright-red', false],
      ['q', null, false],
      ['r', null, false],
    ]);
  });

  it.each([
    ['nothing but bold', '\u001b[1mX'.repeat(13_000)],
    ['one endless command', `\u001b[${'1;'.repeat(30_000)}mX`],
    ['commands without an end', '\u001b['.repeat(30_000)],
    ['titles without an end', '\u001b]0;'.repeat(16_000)],
  ])('64 KiB of %s takes no second', (_name, output) => {
    const began = performance.now();
    sandboxLines(output);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe('findInLines', () => {
  const lines = sandboxLines('Error one\n\u001b[31merr\u001b[0mor two error\n(a+)+$');
  it.each([
    ['error', [0, 1, 1]],
    ['(a+)+$', [2]],
    ['none', []],
    ['', []],
  ])('%s', (needle, want) => expect(findInLines(lines, needle).map(({ line }) => line)).toEqual(want));

  it('stops at a bound', () => {
    expect(findInLines(sandboxLines('a'.repeat(MOST_MATCHES + 5)), 'a')).toHaveLength(MOST_MATCHES);
  });

  it('a match over two colours is marked in both', () => {
    const [, line] = lines;
    if (!line) throw new Error('no line');
    const matches = findInLines(lines, 'error').filter((match) => match.line === 1);
    expect(markedPieces(line, matches, 1).map(({ text, match }) => [text, match])).toEqual([
      ['err', 1],
      ['or', 1],
      [' two ', null],
      ['error', 2],
    ]);
  });
});
