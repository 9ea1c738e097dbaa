import { describe, expect, it } from 'vitest';

import { createSyslogFraming, MAX_MESSAGE_BYTES } from './syslog-framing';

function messagesOf(bytes: Buffer, pieceBytes: number): string[] {
  const framing = createSyslogFraming();
  const messages: string[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    messages.push(...framing.push(bytes.subarray(at, at + pieceBytes)));
  }
  return [...messages, ...framing.end()];
}

const counted = (message: string): string => `${Buffer.byteLength(message)} ${message}`;
const rfc5424 = '<4>1 2026-11-25T10:00:00Z node-7 kernel - - - oom_reaper: reaped process 4242 (jävä)';
const rfc3164 = '<4>Nov 25 10:00:00 node-7 kernel: Killed process 4242 (java)';

describe('createSyslogFraming', () => {
  it.each([
    ['octet-counted', counted(rfc5424) + counted(rfc3164), [rfc5424, rfc3164]],
    ['ended by LF', `${rfc5424}\n${rfc3164}\n`, [rfc5424, rfc3164]],
    ['ended by CR LF', `${rfc3164}\r\n${rfc3164}\r\n`, [`${rfc3164}\r`, `${rfc3164}\r`]],
    ['ended by NUL', `${rfc3164}\0${rfc5424}\0`, [rfc3164, rfc5424]],
    [
      'mixed',
      `${counted(rfc5424)}${rfc3164}\n${counted(rfc3164)}\n${rfc5424}\n`,
      [rfc5424, rfc3164, rfc3164, rfc5424],
    ],
    ['counted, with line feeds inside', counted('<4>a\nb') + counted('<4>c'), ['<4>a\nb', '<4>c']],
    ['without its last end', rfc3164, [rfc3164]],
    ['counted, broken off', counted(rfc5424).slice(0, 40), [counted(rfc5424).slice(3, 40)]],
    [
      'lines that begin with a number',
      '2026-11-25T10:00:00Z a\n12 monkeys\n7\n<4>b\n',
      ['2026-11-25T10:00:00Z a', '12 monkeys', '7', '<4>b'],
    ],
    ['a length too long to be one', '123456789 <4>a\n', ['123456789 <4>a']],
    ['blank lines', '\n\n \n<4>a\n', ['<4>a']],
    ['the shortest counted message', '1 <3 <4>', ['<', '<4>']],
  ])('%s: the same in pieces of any size', (_name, text, want) => {
    const bytes = Buffer.from(text);
    for (let pieceBytes = 1; pieceBytes <= bytes.length; pieceBytes += 1) {
      expect(messagesOf(bytes, pieceBytes)).toEqual(want);
    }
  });

  it.each([
    ['counted', (text: string) => counted(text)],
    ['line', (text: string) => `${text}\n`],
  ])('cuts a %s message at 64 KiB and counts the rest', (_name, frame) => {
    const framing = createSyslogFraming();
    const [long = '', next] = [
      ...framing.push(Buffer.from(frame(`<4>${'x'.repeat(100_000)}`))),
      ...framing.push(Buffer.from(frame('<4>next'))),
    ];
    expect(long.length).toBe(MAX_MESSAGE_BYTES);
    expect(framing.droppedBytes()).toBe(100_003 - MAX_MESSAGE_BYTES);
    expect(next).toBe('<4>next');
  });

  it('holds what comes byte by byte in little more than its length', () => {
    const before = process.memoryUsage();
    const framings = Array.from({ length: 40 }, () => createSyslogFraming());
    for (const framing of framings) {
      for (let byte = 0; byte < MAX_MESSAGE_BYTES; byte += 1) framing.push(Buffer.of(120));
    }
    const after = process.memoryUsage();
    const held = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    // As a list of pieces it is 200 MB and more.
    expect(held).toBeLessThan(framings.length * MAX_MESSAGE_BYTES * 20);
    expect(framings.every((framing) => framing.isMidway())).toBe(true);
  });

  it('tells whether a message has begun', () => {
    const framing = createSyslogFraming();
    expect(framing.isMidway()).toBe(false);
    framing.push(Buffer.from('<4>a'));
    expect(framing.isMidway()).toBe(true);
    framing.push(Buffer.from('\n'));
    expect(framing.isMidway()).toBe(false);
  });

  it('a megabyte of NUL or LF takes no time', () => {
    const startedAt = performance.now();
    for (const byte of [0x00, 0x0a]) messagesOf(Buffer.alloc(1_000_000, byte), 64 * 1024);
    messagesOf(Buffer.from('x\0'.repeat(500_000)), 64 * 1024);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
