import { createByteBuffer } from './byte-buffer';

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
  const rest = createByteBuffer(MAX_LINE_BYTES);

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const first = bytes.indexOf(LF);
      if (first < 0) {
        rest.add(bytes);
        return [];
      }
      const lines: string[] = [];
      rest.add(bytes.subarray(0, first));
      lines.push(withoutCr(rest.take()));
      const last = bytes.lastIndexOf(LF);
      if (last > first) {
        const text = bytes.toString('utf8', first + 1, last);
        for (const line of text.split('\n')) lines.push(withoutCr(cut(line)));
      }
      rest.add(bytes.subarray(last + 1));
      return lines;
    },
    end: () => (rest.length() === 0 ? [] : [withoutCr(rest.take())]),
  };
}

const cut = (line: string): string => (line.length > MAX_LINE_BYTES ? line.slice(0, MAX_LINE_BYTES) : line);
const withoutCr = (line: string): string => (line.endsWith(CR) ? line.slice(0, -1) : line);
