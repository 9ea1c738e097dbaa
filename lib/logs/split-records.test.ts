import { describe, expect, it } from 'vitest';

import { createRecordSplitter, type SentRecord } from './split-records';

function recordsOf(text: string, pieceBytes = 1_000): SentRecord[] {
  const bytes = Buffer.from(text);
  const splitter = createRecordSplitter();
  const records: SentRecord[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    records.push(...splitter.push(bytes.subarray(at, at + pieceBytes)));
  }
  return [...records, ...splitter.end()];
}

const a = '{"message":"a } ] , \\" { [","n":{"deep":[1,{"x":"}"}]}}';
const b = '{"message":"b ü\\\\"}';

describe('createRecordSplitter', () => {
  it.each([
    ['an array (Vector json, Fluent Bit json)', `[${a},${b}]`],
    ['an array over lines', `[\n  ${a},\n  ${b}\n]\n`],
    ['one a line (Fluent Bit json_lines)', `${a}\n${b}\n`],
    ['one behind the other (Fluent Bit json_stream)', `${a}${b}`],
    ['arrays one behind the other', `[${a}][${b}]`],
  ])('finds the records of %s, wherever the pieces part', (_name, text) => {
    for (let pieceBytes = 1; pieceBytes <= Buffer.byteLength(text); pieceBytes += 1) {
      expect(recordsOf(text, pieceBytes)).toEqual([{ text: a }, { text: b }]);
    }
  });

  it('takes an array of lines', () => {
    expect(recordsOf('["one [ {","two"]')).toEqual([{ text: '"one [ {"' }, { text: '"two"' }]);
  });

  it.each([
    ['', []],
    [' \n', []],
    ['[]', []],
    ['null', [{ why: 'not a JSON object' }]],
    ['Nov 25 oops\n{"a":1}', [{ why: 'not a JSON object' }, { text: '{"a":1}' }]],
    ['{"a":1}{"b":', [{ text: '{"a":1}' }, { why: 'the record has no end' }]],
    [`{"a":"${'x'.repeat(70_000)}"}{"b":1}`, [{ why: 'longer than 64 KiB' }, { text: '{"b":1}' }]],
  ])('refuses what is no record, and goes on: %.30s', (text, want) => {
    expect(recordsOf(text)).toEqual(want);
  });
});
