import { open } from 'node:fs/promises';

/** What can be read as a log; `modifiedAt` gives stamps without a year theirs. */
export type LogFile = {
  name: string;
  modifiedAt: Date;
  chunks: AsyncIterable<Uint8Array>;
};

/** Why a file is not read, in words for whoever named it. */
export class UnreadableLog extends Error {
  override name = 'UnreadableLog';
}

const CHUNK_BYTES = 256 * 1024;
const SAMPLE_BYTES = 64 * 1024;
const IS_DIRECTORY = 'it is a directory; name the files in it';
const WHY: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'reading it is not allowed',
  EPERM: 'reading it is not allowed',
  EISDIR: IS_DIRECTORY,
  ENOTDIR: 'there is no such file',
};

/** Opens a file for one reading. Throws UnreadableLog where it cannot be read, or holds no text. */
export async function openLogFile(path: string): Promise<LogFile> {
  const handle = await open(path, 'r').catch((thrown: unknown) => {
    throw new UnreadableLog(`${path}: ${reasonOf(thrown)}.`);
  });
  const stats = await handle.stat();
  if (stats.isDirectory()) {
    await handle.close();
    throw new UnreadableLog(`${path}: ${IS_DIRECTORY}.`);
  }
  return {
    name: path,
    modifiedAt: stats.mtime,
    chunks: textOnly(handle.createReadStream({ highWaterMark: CHUNK_BYTES }), path),
  };
}

/**
 * The same chunks; throws UnreadableLog before the first where it holds no text: compressed, a program, UTF-16.
 * NULs alone are no sign of that: a host that lost its power leaves runs of them in its logs.
 */
export async function* textOnly(
  chunks: AsyncIterable<Uint8Array | string>,
  name: string,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (isFirst) {
      const why = whyNoText(bytes.subarray(0, SAMPLE_BYTES));
      if (why !== null) throw new UnreadableLog(`${name}: ${why}.`);
      isFirst = false;
    }
    yield bytes;
  }
}

const MAX_CONTROL_SHARE = 0.03;

function whyNoText(sample: Uint8Array): string | null {
  if (sample[0] === 0x1f && sample[1] === 0x8b) return 'it is compressed; use `zcat FILE | exit137 diagnose`';
  if (sample[0] === 0x28 && sample[1] === 0xb5 && sample[2] === 0x2f)
    return 'it is compressed; use `zstdcat FILE | exit137 diagnose`';
  if ((sample[0] === 0xff && sample[1] === 0xfe) || (sample[0] === 0xfe && sample[1] === 0xff))
    return 'it is UTF-16; convert it with `iconv -t UTF-8` first';
  if (Buffer.from(sample.subarray(0, 8)).toString('latin1') === 'LPKSHHRH')
    return 'it is a journal; use `journalctl --file FILE | exit137 diagnose`';
  let controls = 0;
  for (const byte of sample) if (byte < 32 && byte !== 0 && !isUsual(byte)) controls += 1;
  return controls > sample.length * MAX_CONTROL_SHARE ? 'it is no text' : null;
}

/** Tab, line ends, form feed, backspace, escape. */
function isUsual(byte: number): boolean {
  return (byte >= 8 && byte <= 13) || byte === 27;
}

function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return WHY[code] ?? `it cannot be read (${code || 'unknown error'})`;
}
