import { Readable } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { type BodyLimits, readBody } from './read-body';

const MIB = 1024 * 1024;
const limits: BodyLimits = { maxSentBytes: MIB, maxBytes: 2 * MIB };

type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
function post(body: Source | Uint8Array, headers: Record<string, string> = {}): Request {
  const chunks = body instanceof Uint8Array ? [body] : body;
  const stream = Readable.toWeb(Readable.from(chunks));
  return new Request('http://localhost/', {
    method: 'POST',
    body: stream,
    headers,
    duplex: 'half',
  } as RequestInit);
}

async function textOf(request: Request, given = limits): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(request, given)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function* bytewise(bytes: Uint8Array): Generator<Uint8Array> {
  for (const byte of bytes) yield Uint8Array.of(byte);
}

const text = 'Nov 25 10:00:00 node-7 kernel: a line\n'.repeat(50);

describe('readBody', () => {
  it.each([
    ['as it is', Buffer.from(text), {}],
    ['gzip by its header', gzipSync(text), { 'content-encoding': 'gzip' }],
    ['gzip by its first bytes', gzipSync(text), {}],
    ['two gzip members', Buffer.concat([gzipSync(text.slice(0, 99)), gzipSync(text.slice(99))]), {}],
    ['deflate', deflateSync(text), { 'content-encoding': 'deflate' }],
  ])('%s, in one piece and in single bytes', async (_name, body, headers) => {
    expect(await textOf(post(body, headers))).toBe(text);
    expect(await textOf(post(bytewise(body), headers))).toBe(text);
  });

  it('an empty body is empty', async () => {
    expect(await textOf(new Request('http://localhost/', { method: 'POST' }))).toBe('');
    expect(await textOf(post(Buffer.alloc(0), { 'content-encoding': 'gzip' }))).toBe('');
  });

  it.each([
    ['more bytes than may be sent', post(Buffer.alloc(MIB + 1, 0x61)), 'PAYLOAD_TOO_LARGE', /1 MiB as sent/],
    [
      'a length that says so',
      post(Buffer.from('a'), { 'content-length': String(MIB + 1) }),
      'PAYLOAD_TOO_LARGE',
      /as sent/,
    ],
    [
      'an encoding nobody knows',
      post(Buffer.from('a'), { 'content-encoding': 'zstd' }),
      'UNSUPPORTED_MEDIA',
      /zstd/,
    ],
    [
      'no gzip where it says so',
      post(Buffer.from(text), { 'content-encoding': 'gzip' }),
      'BAD_REQUEST',
      /not gzip/,
    ],
    ['gzip cut short', post(gzipSync(text).subarray(0, 60)), 'BAD_REQUEST', /damaged or not whole/],
    ['gzip with a wrong byte', post(gzipSync(text).fill(0xff, 20, 30)), 'BAD_REQUEST', /damaged/],
  ])('refuses %s', async (_name, request, code, message) => {
    await expect(textOf(request)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('stops at the limit of an archive that unpacks to a thousand times its size', async () => {
    let sentBytes = 0;
    const bomb = gzipSync(Buffer.alloc(200 * MIB));
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bomb.length; at += 1_000) {
        sentBytes += 1_000;
        yield bomb.subarray(at, at + 1_000);
      }
    }
    let read = 0;
    const reading = (async () => {
      for await (const chunk of readBody(post(pieces()), limits)) read += chunk.byteLength;
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringMatching(/unpacked/),
    });
    expect(read).toBeLessThanOrEqual(limits.maxBytes);
    expect(sentBytes).toBeLessThan(bomb.length / 2);
  });

  it('a sender that goes silent does not keep its place', async () => {
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begin');
      await new Promise(() => {});
    }
    await expect(textOf(post(silent()), { ...limits, silenceMs: 20 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  it('a body that breaks off is told as such', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begin');
      throw new Error('aborted');
    }
    await expect(textOf(post(broken()))).rejects.toMatchObject({ code: 'BAD_REQUEST', message: /broke off/ });
  });

  it('lets others run while it reads', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const chunk = Buffer.alloc(MIB, 0x61);
    const chunks = Array.from({ length: 32 }, () => chunk);
    for await (const piece of readBody(post(chunks), { maxSentBytes: 64 * MIB, maxBytes: 64 * MIB })) {
      const until = performance.now() + 2;
      while (performance.now() < until) piece.indexOf(0x62);
    }
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });
});
