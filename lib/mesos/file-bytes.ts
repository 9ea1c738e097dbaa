import { asNumber, asRecord } from '@/lib/upstream/loose-json';

export type FileBytes = { data: Buffer; offset: number };

/**
 * Reads the answer of `/files/read`: `{"data": …, "offset": …}`, where `data` holds the bytes of the file in a
 * JSON string, whatever they are. Newer agents write bytes above 0x7e raw, so the body need not be UTF-8; older
 * ones (3rdparty stout json.hpp) write each such byte as `\u00XX`. Either way one byte of the file is one
 * character of the body read as Latin-1. Null: not that shape.
 */
export function parseFileBytes(body: Buffer): FileBytes | null {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('latin1'));
  } catch {
    return null;
  }
  const raw = asRecord(value);
  const offset = asNumber(raw?.offset);
  if (raw === null || typeof raw.data !== 'string' || offset === null || offset < 0) return null;
  return { data: bytesOf(raw.data), offset };
}

/** A character above 0xff can only be an escape that something between us and the agent wrote. */
function bytesOf(text: string): Buffer {
  if (!/[^\0-\xff]/.test(text)) return Buffer.from(text, 'latin1');
  return Buffer.concat(
    Array.from(text.match(/[\0-\xff]+|[^\0-\xff]+/g) ?? [], (part) =>
      Buffer.from(part, part.charCodeAt(0) <= 0xff ? 'latin1' : 'utf8'),
    ),
  );
}
