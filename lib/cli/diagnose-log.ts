import { diagnose } from '@/lib/diagnose/diagnose';
import { createLogExplainer } from '@/lib/evidence/explain-log';
import { parseLog } from '@/lib/evidence/log-parser';

import { type LogFile, openLogFile, UnreadableLog } from './log-file';
import { logJson } from './log-json';
import { logText } from './log-text';

export type DiagnoseLogOptions = {
  /** Empty: `input` is read. */
  files: readonly string[];
  isJson: boolean;
  /** IANA, of stamps without a zone, and for showing times. */
  timeZone: string;
  isColoured: boolean;
};

const NEW_LINE = 0x0a;

/**
 * Reads whole logs and writes what they say, as text or as one JSON document. A file that cannot be read is
 * complained of; the others are read. Memory stays bounded, whatever the logs' length.
 *
 * @returns How many logs could not be read.
 */
export async function diagnoseLog(
  { files, isJson, timeZone, isColoured }: DiagnoseLogOptions,
  input: LogFile,
  write: (text: string) => Promise<void>,
  complain: (text: string) => void,
): Promise<number> {
  const explainer = createLogExplainer(diagnose);
  const counter = { lines: 0, isMidLine: false };
  let unreadable = 0;
  for (const open of files.length === 0
    ? [async () => input]
    : files.map((path) => () => openLogFile(path))) {
    try {
      const { chunks, modifiedAt } = await open();
      const facts = parseLog(counted(chunks, counter), { receivedAt: modifiedAt, timeZone, host: null });
      for await (const fact of facts) explainer.add(fact);
    } catch (thrown) {
      if (!(thrown instanceof UnreadableLog)) throw thrown;
      unreadable += 1;
      complain(`exit137: ${thrown.message}\n`);
    }
  }
  if (unreadable > 0 && unreadable >= files.length) return unreadable;
  const log = explainer.end();
  if (isJson) await write(`${JSON.stringify(logJson(log, counter.lines))}\n`);
  else for (const text of logText(log, { lines: counter.lines, isColoured, timeZone })) await write(text);
  return unreadable;
}

/** Counts lines as they pass by; a last line may lack its end. */
async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  counter: { lines: number; isMidLine: boolean },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = bytes.indexOf(NEW_LINE); at >= 0; at = bytes.indexOf(NEW_LINE, at + 1)) counter.lines += 1;
    if (bytes.length > 0) counter.isMidLine = bytes[bytes.length - 1] !== NEW_LINE;
    yield chunk;
  }
  if (counter.isMidLine) counter.lines += 1;
  counter.isMidLine = false;
}
