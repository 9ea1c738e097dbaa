import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** A body as pieces of text, made anew at each call and never joined: a large state stays small in memory. */
export type Body = () => Iterable<string>;

export type Exchange = { request: IncomingMessage; response: ServerResponse; url: URL };

/**
 * How an answer is spoiled on its way; null: not at all. `truncate` breaks the connection, `cut` ends in order, `drip` sends
 * a byte a second, `gzip` is right but was not asked for, `gzip-broken` is no gzip soon after its start.
 */
export type Damage = 'truncate' | 'cut' | 'drip' | 'gzip' | 'gzip-broken' | null;

const CHUNK_CHARACTERS = 32_768;
const JSON_TYPE = 'application/json';
const DRIP_MS = 1000;
const SOUND_BYTES = 64;

/** Streams a body, compressed where the client takes gzip, as fast as the client reads. */
export async function sendBody({ request, response }: Exchange, body: Body, damage: Damage): Promise<void> {
  response.setHeader('Content-Type', JSON_TYPE);
  const isAsked = damage === null && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const zipped = isAsked || damage === 'gzip' || damage === 'gzip-broken';
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  if (damage === 'drip') return drip(response, body);
  const isHalved = damage === 'truncate' || damage === 'cut';
  const pieces = Readable.from(isHalved ? firstHalf(body) : gather(body()), { objectMode: false });
  try {
    if (damage === 'truncate') {
      await pipeline(pieces, response, { end: false });
      response.destroy();
    } else if (damage === 'gzip-broken') {
      await pipeline(pieces, createGzip({ level: 1 }), garble(), response);
    } else if (zipped) {
      await pipeline(pieces, createGzip({ level: 1 }), response);
    } else {
      await pipeline(pieces, response);
    }
  } catch {
    // The client went away; nobody is left to be told.
    response.destroy();
  }
}

export function sendJson(exchange: Exchange, value: unknown, damage: Damage): Promise<void> {
  return sendBody(exchange, () => [JSON.stringify(value)], damage);
}

export function sendText({ response }: Exchange, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}

/** Sends a byte a second until the client has had enough. */
function drip(response: ServerResponse, body: Body): void {
  const [first = Buffer.alloc(1)] = gather(body());
  let sent = 0;
  response.flushHeaders();
  const timer = setInterval(() => {
    if (sent < first.length) response.write(first.subarray(sent, sent + 1));
    sent += 1;
  }, DRIP_MS);
  response.once('close', () => clearInterval(timer));
}

/** Leaves the head of a gzip stream as it is and spoils what follows. */
function garble(): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const spoiled = Buffer.from(chunk);
      for (let index = Math.max(0, SOUND_BYTES - seen); index < spoiled.length; index += 1) {
        spoiled[index] = (spoiled[index] ?? 0) ^ 0x5a;
      }
      seen += chunk.length;
      done(null, spoiled);
    },
  });
}

/** Joins small pieces into chunks worth a write. */
function* gather(pieces: Iterable<string>): Iterable<Buffer> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield Buffer.from(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') yield Buffer.from(chunk);
}

function* firstHalf(body: Body): Iterable<Buffer> {
  let left = 0;
  for (const chunk of gather(body())) left += chunk.length / 2;
  for (const chunk of gather(body())) {
    yield chunk.subarray(0, Math.floor(left));
    left -= chunk.length;
    if (left <= 0) return;
  }
}

/** The elements of an array, with commas between and brackets around. */
export function* jsonArray<T>(items: Iterable<T>, toJson: (item: T) => unknown): Iterable<string> {
  let separator = '[';
  for (const item of items) {
    yield separator + JSON.stringify(toJson(item));
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}
