import { createByteBuffer } from './byte-buffer';
import { MAX_LINE_BYTES } from './split-lines';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/** `text`: an object or a string as it was sent. `why`: something else stood there. */
export type SentRecord = { text: string } | { why: string };

export type RecordSplitter = { push(chunk: Uint8Array): SentRecord[]; end(): SentRecord[] };

/**
 * Finds the records of an application/json body that comes in pieces of any size: an array of them (Vector's codec
 * json, Fluent Bit's `json`), one after the other with nothing between (`json_stream`), or one a line (`json_lines`).
 * A record is an object or a string. What is neither, up to the end of its line, is one that `why` refuses; so is one
 * of more than MAX_LINE_BYTES. Only where records begin and end is looked at, not whether they are right. Holds one
 * record at most. Linear.
 */
export function createRecordSplitter(): RecordSplitter {
  let state: 'between' | 'object' | 'string' | 'junk' = 'between';
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  const rest = createByteBuffer(MAX_LINE_BYTES);
  let isTooLong = false;

  const keep = (bytes: Buffer): void => {
    if (rest.add(bytes) > 0) isTooLong = true;
  };
  const finish = (): SentRecord => {
    const text = rest.take();
    const record: SentRecord = isTooLong
      ? { why: `longer than ${MAX_LINE_BYTES / 1024} KiB` }
      : state === 'junk'
        ? { why: 'not a JSON object' }
        : { text };
    state = 'between';
    isTooLong = false;
    inString = false;
    isEscaped = false;
    depth = 0;
    return record;
  };
  const begin = (byte: number): void => {
    if (byte === OPEN_BRACE) {
      state = 'object';
      depth = 1;
    } else if (byte === QUOTE) {
      state = 'string';
      inString = true;
    } else state = 'junk';
  };
  /** Whether this byte is the last of the record. */
  const isLast = (byte: number): boolean => {
    if (state === 'junk') return byte === LF;
    if (inString) {
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) inString = false;
      return !inString && state === 'string';
    }
    if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    return depth === 0;
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const records: SentRecord[] = [];
      let from = 0;
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at] ?? 0;
        if (state === 'between') {
          if (isBetween(byte)) continue;
          from = at;
          begin(byte);
        } else if (isLast(byte)) {
          keep(bytes.subarray(from, at + 1));
          records.push(finish());
        }
      }
      if (state !== 'between') keep(bytes.subarray(from));
      return records;
    },
    end() {
      if (state === 'between') return [];
      const isWhole = state === 'junk';
      const record = finish();
      return [isWhole || 'why' in record ? record : { why: 'the record has no end' }];
    },
  };
}

// Space, tab, line ends, and what stands around and between the elements of an array.
function isBetween(byte: number): boolean {
  return byte <= 0x20 || byte === COMMA || byte === OPEN_BRACKET || byte === CLOSE_BRACKET;
}
