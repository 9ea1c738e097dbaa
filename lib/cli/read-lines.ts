/** A line of input; `cut`: it was longer than allowed, and only its start is here. */
export type Line = { text: string; cut: boolean };

/**
 * The lines of a byte stream, without their ends (`\n` or `\r\n`); a last line may lack one. Holds at most
 * `maxLength` characters of a line: a line without end costs no memory. Invalid UTF-8 becomes U+FFFD.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array | string>,
  maxLength: number,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let line: Line = { text: '', cut: false };
  for await (const chunk of chunks) {
    const pieces = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      yield withoutReturn(extend(line, piece, maxLength));
      line = { text: '', cut: false };
    }
    line = extend(line, last, maxLength);
  }
  line = extend(line, decoder.decode(), maxLength);
  if (line.text !== '') yield withoutReturn(line);
}

function extend(line: Line, piece: string, maxLength: number): Line {
  const room = maxLength - line.text.length;
  return { text: line.text + piece.slice(0, room), cut: line.cut || piece.length > room };
}

function withoutReturn(line: Line): Line {
  return line.text.endsWith('\r') ? { ...line, text: line.text.slice(0, -1) } : line;
}
