import { describe, expect, it } from 'vitest';

import { createEventStream } from './event-stream';

/** What is told of a body that comes in pieces of `size` bytes. */
function told(body: string, size: number, maxCharacters = 100): string[] {
  const events: string[] = [];
  const stream = createEventStream(maxCharacters, (data) => events.push(data));
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += size) stream.push(bytes.subarray(at, at + size));
  return events;
}

const big = 'x'.repeat(1_000);

describe.each([1, 2, 3, 7, 64, 100_000])('in pieces of %d bytes', (size) => {
  it.each(['\n', '\r\n'])('tells the data of each event, whatever ends a line: %j', (end) => {
    const body = [
      'event: a',
      'data: {"ü":"日本"}',
      '',
      ': a comment',
      '',
      'data: 1',
      'data: 2',
      '',
      'data: cut off',
    ];
    expect(told(body.join(end), size)).toEqual(['{"ü":"日本"}', '1\n2']);
  });

  it.each([
    ['of one line', `data: ${big}\n\n`],
    ['of many lines', `${`data: ${'x'.repeat(50)}\n`.repeat(20)}\n`],
    ['whose text looks like events', `data: ${big}data: fake\n\n`],
    ['with ends of lines of two characters', `data: ${big}\r\ndata: ${big}\r\n\r\n`],
  ])('passes over an event that is too large %s, and tells the next', (_name, event) => {
    const events = told(`data: before\n\n${event}data: after\n\n`, size);
    expect(events).toEqual(['before', 'after']);
  });
});

it('never holds more than its bound of an event without an end', () => {
  const stream = createEventStream(1024, () => {});
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  stream.push(Buffer.from('data: '));
  const before = process.memoryUsage().heapUsed;
  for (let sent = 0; sent < 200; sent += 1) stream.push(chunk);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
});
