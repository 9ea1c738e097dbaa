import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

import { mangledBytes } from './mangle.mjs';

/**
 * Answers with a captured file: byte for byte, unless it is to be mangled.
 * @returns {{ from: string | null, type?: string, send(response: import('node:http').ServerResponse): Promise<void> }}
 */
export function fileAnswer(capture, mangle) {
  const how =
    mangle && (mangle.how === 'truncate' || capture.value !== null) ? `mangled: ${mangle.how}` : 'as it is';
  return {
    from: `${capture.name} (${how})`,
    async send(response) {
      if (mangle?.how === 'truncate') {
        const { size } = await stat(capture.path);
        createReadStream(capture.path, { end: Math.max(0, Math.floor(size / 2) - 1) }).pipe(response);
      } else if (mangle && capture.value !== null) {
        response.end(mangledBytes(capture.value, mangle));
      } else {
        createReadStream(capture.path).pipe(response);
      }
    },
  };
}

/** Answers with a value that no file holds as it is; `from` says where it comes from. */
export function madeAnswer(value, from, mangle) {
  return {
    from,
    async send(response) {
      const bytes = mangle ? mangledBytes(value, mangle) : Buffer.from(JSON.stringify(value));
      response.end(mangle?.how === 'truncate' ? bytes.subarray(0, bytes.length / 2) : bytes);
    },
  };
}
