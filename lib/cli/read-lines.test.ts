import { describe, expect, it } from 'vitest';

import { readLines } from './read-lines';

async function* chunksOf(chunks: readonly (string | Uint8Array)[]) {
  yield* chunks;
}

async function linesOf(chunks: readonly (string | Uint8Array)[], maxLength = 10): Promise<string[]> {
  const lines: string[] = [];
  for await (const { text, cut } of readLines(chunksOf(chunks), maxLength))
    lines.push(cut ? `${text}…` : text);
  return lines;
}

describe('readLines', () => {
  it.each([
    { when: 'lines split between chunks', chunks: ['a', 'b\nc', '\nd\n'], want: ['ab', 'c', 'd'] },
    { when: 'no end at the end', chunks: ['a\nb'], want: ['a', 'b'] },
    { when: 'Windows ends', chunks: ['a\r\nb\r\n'], want: ['a', 'b'] },
    { when: 'empty lines are lines', chunks: ['\n\na\n'], want: ['', '', 'a'] },
    { when: 'exactly as long as allowed', chunks: ['0123456789\n'], want: ['0123456789'] },
    { when: 'one longer', chunks: ['0123456789', 'x\nb\n'], want: ['0123456789…', 'b'] },
    { when: 'nothing', chunks: [], want: [] },
  ])('$when', async ({ chunks, want }) => {
    expect(await linesOf(chunks)).toEqual(want);
  });

  it('keeps a character that is split between chunks, and replaces what is no UTF-8', async () => {
    const bytes = new TextEncoder().encode('é\n');
    expect(await linesOf([bytes.subarray(0, 1), bytes.subarray(1), new Uint8Array([0xff, 0x0a])])).toEqual([
      'é',
      '\ufffd',
    ]);
  });
});
