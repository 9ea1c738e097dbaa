import { Readable } from 'node:stream';
import { constants, createGunzip, createInflate } from 'node:zlib';

/** The content encodings that `decodeBody` understands, besides none. */
export function isKnownEncoding(encoding: string): boolean {
  return ['', 'identity', 'gzip', 'x-gzip', 'deflate'].includes(encoding);
}

/**
 * Undoes the content encoding as a stream. Compressed data that ends early gives what was in it and then ends
 * like a whole one (the JSON in it tells that it was cut); compressed data that is broken throws zlib's error.
 */
export function decodeBody(body: AsyncIterable<Buffer>, encoding: string): AsyncIterable<Buffer> {
  if (encoding === '' || encoding === 'identity') return body;
  return decompressed(body, encoding);
}

async function* decompressed(body: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  // A failure of the source would make the decoder drop what it has; so it is held back until all is out.
  let failure: { error: unknown } | null = null;
  async function* source(): AsyncGenerator<Buffer> {
    try {
      yield* body;
    } catch (error) {
      failure = { error };
    }
  }
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  const decoder = encoding === 'deflate' ? createInflate(options) : createGunzip(options);
  const input = Readable.from(source(), { objectMode: false });
  input.pipe(decoder);
  try {
    for await (const chunk of decoder) yield chunk as Buffer; // zlib streams without an encoding give Buffers.
  } finally {
    input.destroy();
  }
  const held = failure as { error: unknown } | null; // Assigned in the closure above, which narrowing cannot see.
  if (held !== null) throw held.error;
}
