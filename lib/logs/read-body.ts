import { pipeline, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createGunzip, createInflate, type Zlib } from 'node:zlib';

import { AppError } from '@/lib/errors';

const MIB = 1024 * 1024;
/** A sender that says nothing for so long holds a place that another could have. */
const SILENCE_MS = 30_000;
/** Work between two looks at what else the process has to do. */
const TURN_MS = 10;

export type BodyLimits = {
  /** As sent, compressed. */
  maxSentBytes: number;
  /** Unpacked. */
  maxBytes: number;
  silenceMs?: number;
};

/**
 * The bytes of a request's body as they come, unpacked where it is gzip (by its Content-Encoding, or by its first two
 * bytes: a dropped messages.gz says nothing of it) or deflate. Stops at the limits, whatever an archive claims to hold, and
 * lets other requests run at least every 10 ms.
 *
 * Throws PAYLOAD_TOO_LARGE past a limit, UNSUPPORTED_MEDIA for another encoding, BAD_REQUEST for an archive that is
 * damaged and a sender that went silent or away.
 */
export async function* readBody(request: Request, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (!['', 'identity', 'gzip', 'x-gzip', 'deflate'].includes(encoding)) {
    throw new AppError(
      'UNSUPPORTED_MEDIA',
      `The body is encoded as ${encoding.slice(0, 40)}, which is not understood.`,
    );
  }
  const { maxSentBytes } = limits;
  if (Number(request.headers.get('content-length') ?? 0) > maxSentBytes)
    throw tooLarge(maxSentBytes, 'as sent');
  const sent = sentBytes(request, limits);
  const first = await firstBytes(sent);
  const whole = again(first, sent);
  if (encoding === 'deflate') yield* unpacked(whole, createInflate({ chunkSize: 64 * 1024 }), limits);
  else if (isGzip(first)) yield* unpacked(whole, createGunzip({ chunkSize: 64 * 1024 }), limits);
  else if (encoding !== '' && encoding !== 'identity' && first.length > 0) throw damaged('gzip');
  else yield* takingTurns(whole);
}

async function* sentBytes(
  request: Request,
  { maxSentBytes, silenceMs }: BodyLimits,
): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  let bytes = 0;
  try {
    for (;;) {
      const { value, done } = await withinSilence(reader.read(), silenceMs ?? SILENCE_MS);
      if (done) return;
      bytes += value.byteLength;
      if (bytes > maxSentBytes) throw tooLarge(maxSentBytes, 'as sent');
      yield value;
    }
  } finally {
    // What still comes is not wanted; a stream that is over takes it as well.
    reader.cancel().catch(() => {});
  }
}

async function withinSilence<T>(read: Promise<T>, silenceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError('BAD_REQUEST', `Nothing of the body came for ${silenceMs / 1000} s.`)),
      silenceMs,
    );
  });
  try {
    return await Promise.race([read, silence]);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('BAD_REQUEST', 'The body broke off before its end.');
  } finally {
    clearTimeout(timer);
  }
}

/** At least two bytes, or all there are. */
async function firstBytes(sent: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  let first: Uint8Array = new Uint8Array();
  while (first.length < 2) {
    const { value, done } = await sent.next();
    if (done) break;
    first = first.length === 0 ? value : Buffer.concat([first, value]);
  }
  return first;
}

async function* again(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  yield* rest;
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function* unpacked(
  sent: AsyncGenerator<Uint8Array>,
  unpack: Zlib & NodeJS.ReadWriteStream,
  { maxBytes }: BodyLimits,
): AsyncGenerator<Uint8Array> {
  // Its errors come out of the last stream, which is read below.
  pipeline(Readable.from(sent), unpack, () => {});
  let bytes = 0;
  try {
    for await (const chunk of unpack) {
      if (!(chunk instanceof Uint8Array)) continue;
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes, 'unpacked');
      yield chunk;
    }
  } catch (thrown) {
    throw isZlibError(thrown) ? damaged('archive') : thrown;
  }
}

/** A body that is all there already would else be read in one go. */
async function* takingTurns(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let turnAt = performance.now();
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; at += MIB / 4) {
      yield chunk.subarray(at, at + MIB / 4);
      if (performance.now() - turnAt < TURN_MS) continue;
      await setImmediate();
      turnAt = performance.now();
    }
  }
}

const isZlibError = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  'code' in thrown &&
  typeof thrown.code === 'string' &&
  thrown.code.startsWith('Z_');

const damaged = (what: 'gzip' | 'archive'): AppError =>
  new AppError(
    'BAD_REQUEST',
    what === 'gzip' ? 'The body is not gzip.' : 'The packed body is damaged or not whole.',
  );

const tooLarge = (bytes: number, how: 'as sent' | 'unpacked'): AppError =>
  new AppError('PAYLOAD_TOO_LARGE', `The body is larger than ${Math.floor(bytes / MIB)} MiB ${how}.`);
