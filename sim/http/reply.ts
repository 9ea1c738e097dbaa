import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** A body as pieces of text, made anew at each call and never joined: a large state stays small in memory. */
export type Body = () => Iterable<string>;

export type Exchange = { request: IncomingMessage; response: ServerResponse; url: URL };

/** How an answer is spoiled on its way; null: not at all. `truncate` breaks the connection, `cut` ends in order. */
export type Damage = 'truncate' | 'cut' | null;

const CHUNK_CHARACTERS = 32_768;
const JSON_TYPE = 'application/json';

/** Streams a body, compressed where the client takes gzip, as fast as the client reads. */
export async function sendBody({ request, response }: Exchange, body: Body, damage: Damage): Promise<void> {
  response.setHeader('Content-Type', JSON_TYPE);
  const zipped = damage === null && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  const pieces = Readable.from(damage === null ? gather(body()) : firstHalf(body), { objectMode: false });
  try {
    if (damage === 'truncate') {
      await pipeline(pieces, response, { end: false });
      response.destroy();
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
