export type ByteBuffer = {
  /** Copies the bytes in as far as there is room; answers how many had none. */
  add(bytes: Uint8Array): number;
  length(): number;
  /** What was added, as text, bytes that are no UTF-8 as U+FFFD; leaves it empty. */
  take(): string;
};

/**
 * Bytes that come in pieces, at most `maxBytes` of them. A sender can send them one by one: a list of pieces would take a
 * hundred times their memory. Cost: at most twice the bytes in memory and in copying.
 */
export function createByteBuffer(maxBytes: number): ByteBuffer {
  let bytes = Buffer.alloc(0);
  let length = 0;
  return {
    add(piece) {
      const part = piece.subarray(0, maxBytes - length);
      if (length + part.length > bytes.length) {
        const larger = Buffer.allocUnsafeSlow(
          Math.min(maxBytes, Math.max(2 * bytes.length, length + part.length)),
        );
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      bytes.set(part, length);
      length += part.length;
      return piece.length - part.length;
    },
    length: () => length,
    take() {
      const text = bytes.toString('utf8', 0, length);
      bytes = Buffer.alloc(0);
      length = 0;
      return text;
    },
  };
}
