import { createByteBuffer } from './byte-buffer';

const LF = 0x0a;
const NUL = 0x00;
const SPACE = 0x20;
const PRI = 0x3c; // '<'
const ZERO = 0x30;
const NINE = 0x39;

/** The longest message that is taken; of a longer one the rest is dropped. RFC 5425 asks for 2 KiB, senders allow 8 to 64. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
/** `MSG-LEN SP` with 7 digits: no sender means to frame more than 10 MB. */
const MAX_LENGTH_DIGITS = 7;

export type SyslogFraming = {
  /** The messages that end in this chunk. */
  push(chunk: Uint8Array): string[];
  /** The message that has begun, as far as it came. */
  end(): string[];
  /** Bytes of messages that were cut, so far. */
  droppedBytes(): number;
  /** Whether a message has begun and not ended. */
  isMidway(): boolean;
};

/**
 * Messages of a TCP stream of syslog, by RFC 6587, each framed as it begins: `LENGTH SP <PRI>…` is octet-counted, all
 * else ends with LF (or NUL, as some devices send). A length counts only where `<` follows, which every counted
 * message begins with; else a line that begins with a number would swallow what comes behind it. Bytes come in pieces
 * of any size. Holds one message of at most MAX_MESSAGE_BYTES. Linear.
 */
export function createSyslogFraming(): SyslogFraming {
  /** What may be the length of a counted message, or begin a line. */
  let head: number[] = [];
  /** Bytes of the counted message still to come; null: a line, or not known yet. */
  let remaining: number | null = null;
  let isLine = false;
  const kept = createByteBuffer(MAX_MESSAGE_BYTES);
  let dropped = 0;

  const keep = (bytes: Buffer): void => {
    dropped += kept.add(bytes);
  };
  const finish = (messages: string[]): void => {
    const text = kept.take();
    head = [];
    remaining = null;
    isLine = false;
    // Not a message: LF behind a counted one, a blank line, a keep-alive.
    if (text.trim() !== '') messages.push(text);
  };
  /** Takes one byte of a beginning; whether it is decided now what begins. */
  const takeHead = (byte: number): void => {
    head.push(byte);
    const digits = head.length - 1;
    const begins = byte === PRI && digits > 1 && head[digits - 1] === SPACE;
    if (begins) {
      remaining = Number(String.fromCharCode(...head.slice(0, -2))) - 1;
      keep(Buffer.of(PRI));
      head = [];
    } else if (!canBeLength(head)) {
      isLine = true;
      keep(Buffer.from(head));
      head = [];
    }
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const messages: string[] = [];
      const endOfLine = lineEnds(bytes);
      let at = 0;
      while (at < bytes.length) {
        if (remaining !== null) {
          const part = bytes.subarray(at, at + remaining);
          keep(part);
          at += part.length;
          remaining -= part.length;
          if (remaining === 0) finish(messages);
        } else if (isLine) {
          const end = endOfLine(at);
          keep(bytes.subarray(at, end < 0 ? bytes.length : end));
          at = end < 0 ? bytes.length : end + 1;
          if (end >= 0) finish(messages);
        } else {
          const whole = head.length === 0 ? wholeMessage(bytes, at, endOfLine) : null;
          if (whole) {
            const text = bytes.toString('utf8', whole.from, whole.to);
            if (text.trim() !== '') messages.push(text);
            at = whole.next;
            continue;
          }
          const byte = bytes[at] ?? 0;
          at += 1;
          if (byte !== LF && byte !== NUL) takeHead(byte);
          else if (head.length > 0) {
            keep(Buffer.from(head));
            finish(messages);
          }
          if (remaining === 0) finish(messages);
        }
      }
      return messages;
    },
    end() {
      keep(Buffer.from(head));
      const messages: string[] = [];
      finish(messages);
      return messages;
    },
    droppedBytes: () => dropped,
    isMidway: () => kept.length() > 0 || head.length > 0,
  };
}

/**
 * A message that stands in these bytes as a whole, as nearly all do: then nothing need be copied. Null: it goes on
 * in the next bytes, is too long, or may be framed in either way.
 */
function wholeMessage(
  bytes: Buffer,
  at: number,
  endOfLine: (from: number) => number,
): { from: number; to: number; next: number } | null {
  let from = at;
  let length = 0;
  for (let byte = bytes[from] ?? 0; byte >= ZERO && byte <= NINE && from - at < MAX_LENGTH_DIGITS; ) {
    length = length * 10 + byte - ZERO;
    from += 1;
    byte = bytes[from] ?? 0;
  }
  if (from === at) {
    const to = endOfLine(at);
    return to >= 0 && to - at <= MAX_MESSAGE_BYTES ? { from, to, next: to + 1 } : null;
  }
  if (bytes[at] === ZERO || bytes[from] !== SPACE || bytes[from + 1] !== PRI) return null;
  from += 1;
  const to = from + length;
  return to <= bytes.length && length <= MAX_MESSAGE_BYTES ? { from, to, next: to } : null;
}

/** Digits without a leading zero, then perhaps a space. */
function canBeLength(head: readonly number[]): boolean {
  const hasSpace = head.at(-1) === SPACE;
  const digits = hasSpace ? head.slice(0, -1) : head;
  return (
    digits.length > 0 &&
    digits.length <= MAX_LENGTH_DIGITS &&
    digits[0] !== ZERO &&
    digits.every((byte) => byte >= ZERO && byte <= NINE)
  );
}

/** Where the line ends that is at an offset; -1: not in these bytes. Offsets must grow: each byte is looked at once. */
function lineEnds(bytes: Buffer): (from: number) => number {
  let lf = bytes.indexOf(LF);
  let nul = bytes.indexOf(NUL);
  return (from) => {
    if (lf >= 0 && lf < from) lf = bytes.indexOf(LF, from);
    if (nul >= 0 && nul < from) nul = bytes.indexOf(NUL, from);
    return lf < 0 || nul < 0 ? Math.max(lf, nul) : Math.min(lf, nul);
  };
}
