const LF = 0x0a;
const CR = '\r';

/** The longest part of a line that is kept; parsers look at 8 KiB of it. What follows up to its end is dropped. */
export const MAX_LINE_BYTES = 64 * 1024;

export type LineSplitter = {
  /** The lines that end in this chunk, without their end. The chunk may be reused afterwards. */
  push(chunk: Uint8Array): string[];
  /** The last line, where it has no end; else nothing. */
  end(): string[];
};

/**
 * Makes lines of bytes that come in pieces of any size. LF or CR LF end a line; bytes that are no UTF-8 become
 * U+FFFD. Holds at most MAX_LINE_BYTES between two chunks, however long a line is. Linear.
 */
export function createLineSplitter(): LineSplitter {
  /** The beginning of a line whose end has not come. */
  let rest: Buffer[] = [];
  let restBytes = 0;

  const keep = (bytes: Buffer): void => {
    const kept = bytes.subarray(0, MAX_LINE_BYTES - restBytes);
    if (kept.length === 0) return;
    rest.push(Buffer.from(kept)); // A copy: the chunk is the caller's.
    restBytes += kept.length;
  };
  const takeRest = (): string => {
    const line = withoutCr(Buffer.concat(rest, restBytes).toString('utf8'));
    rest = [];
    restBytes = 0;
    return line;
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const first = bytes.indexOf(LF);
      if (first < 0) {
        keep(bytes);
        return [];
      }
      const lines: string[] = [];
      keep(bytes.subarray(0, first));
      lines.push(takeRest());
      const last = bytes.lastIndexOf(LF);
      if (last > first) {
        const text = bytes.toString('utf8', first + 1, last);
        for (const line of text.split('\n')) lines.push(withoutCr(cut(line)));
      }
      keep(bytes.subarray(last + 1));
      return lines;
    },
    end: () => (restBytes === 0 ? [] : [takeRest()]),
  };
}

const cut = (line: string): string => (line.length > MAX_LINE_BYTES ? line.slice(0, MAX_LINE_BYTES) : line);
const withoutCr = (line: string): string => (line.endsWith(CR) ? line.slice(0, -1) : line);
