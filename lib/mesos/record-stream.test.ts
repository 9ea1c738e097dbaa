import { describe, expect, it } from 'vitest';

import { createRecordStream } from './record-stream';

const record = (text: string) => `${Buffer.byteLength(text)}\n${text}`;

/** The records of a body that comes in pieces of `step` bytes, and whether it made sense to the end. */
function read(body: string | Buffer, step: number, maxBytes = 100) {
  const got: string[] = [];
  const stream = createRecordStream(maxBytes, (one) => {
    got.push(
      'raw' in one ? one.raw.toString() : `${one.bytes}: ${one.start.toString()} … ${one.end.toString()}`,
    );
  });
  const bytes = Buffer.from(body);
  let makesSense = true;
  for (let at = 0; at < bytes.length && makesSense; at += step)
    makesSense = stream.push(bytes.subarray(at, at + step));
  return { got, makesSense };
}

describe('createRecordStream', () => {
  it.each([1, 2, 3, 7, 1000])('gives the same records in pieces of %i bytes', (step) => {
    const body = ['{"a":1}', '{"ü":"\n12\n"}', '', '{}'].map(record).join('');
    expect(read(body, step)).toEqual({ got: ['{"a":1}', '{"ü":"\n12\n"}', '{}'], makesSense: true });
  });

  it.each([1, 64, 100_000])(
    'passes over one that is too large, in pieces of %i bytes, and goes on',
    (step) => {
      const large = `START${'x'.repeat(50_000)}END`;
      const { got, makesSense } = read(record(large) + record('{}'), step);
      expect(makesSense).toBe(true);
      expect(got[0]).toMatch(/^50008: STARTx{251} … x{253}END$/);
      expect(got[1]).toBe('{}');
    },
  );

  it.each([['{"a":1}'], ['\n{}'], ['-1\n'], ['99999999999999\n'], ['999999999999\nx'], ['<html>']])(
    '%j is no RecordIO',
    (body) => {
      expect(read(body, 3)).toEqual({ got: [], makesSense: false });
    },
  );
});
