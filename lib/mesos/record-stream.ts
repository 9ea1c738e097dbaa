/** One record of a RecordIO stream; of one above the limit only its start and its end. */
export type StreamRecord = { raw: Buffer } | { bytes: number; start: Buffer; end: Buffer };

export type RecordStream = {
  /** Reads on; false: the bytes make no sense, and nothing more is read. */
  push(chunk: Buffer): boolean;
};

const LF = 0x0a;
// Far beyond any master's memory: a length above it is no length.
const MAX_RECORD_BYTES = 64 * 1024 ** 3;
const MAX_LENGTH_DIGITS = 12;
const PEEK_BYTES = 256;

/**
 * Cuts a RecordIO body into records: decimal length, LF, that many bytes, the next length at once behind them.
 * `onRecord` is called in order; its buffers are valid during the call only. A record above `maxBytes` is passed
 * over without being kept, as the first event of a stream is the whole state of the cluster.
 */
export function createRecordStream(maxBytes: number, onRecord: (record: StreamRecord) => void): RecordStream {
  let header = '';
  let isBroken = false;
  let size = 0;
  let have = 0;
  /** Of a record that is kept: all of it, copied, as it may come byte by byte; of another its start. */
  let body = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let inRecord = false;

  function takeHeader(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0;
    if (byte === LF && header !== '') {
      size = Number(header);
      header = '';
      have = 0;
      body = Buffer.allocUnsafe(size <= maxBytes ? size : PEEK_BYTES);
      tail = Buffer.alloc(0);
      inRecord = size > 0;
      isBroken = size > MAX_RECORD_BYTES;
    } else if (byte >= 0x30 && byte <= 0x39 && header.length < MAX_LENGTH_DIGITS) {
      header += String.fromCharCode(byte);
    } else isBroken = true;
    return at + 1;
  }

  function takeBody(chunk: Buffer, at: number): number {
    const bytes = chunk.subarray(at, at + size - have);
    if (have < body.length) bytes.copy(body, have);
    if (size > maxBytes) {
      tail = Buffer.concat([tail, bytes.subarray(-PEEK_BYTES)]).subarray(-PEEK_BYTES);
    }
    have += bytes.length;
    if (have === size) {
      inRecord = false;
      const start = body.subarray(0, size);
      body = Buffer.alloc(0);
      onRecord(size <= maxBytes ? { raw: start } : { bytes: size, start, end: tail });
    }
    return at + bytes.length;
  }

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length && !isBroken) at = inRecord ? takeBody(chunk, at) : takeHeader(chunk, at);
      return !isBroken;
    },
  };
}
