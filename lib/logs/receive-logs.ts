import { AppError } from '@/lib/errors';
import { checkedRecord } from './checked-record';
import type { Step } from './intake-gate';
import { readBody } from './read-body';
import { createLineSplitter } from './split-lines';
import { createRecordSplitter, type SentRecord } from './split-records';
import type { StoredLines, StoreLines } from './store-lines';

const MAX_SENT_BYTES = 16 * 1024 * 1024;
const MAX_BYTES = 128 * 1024 * 1024;
const BATCH_LINES = 5_000;
const BATCH_CHARACTERS = 1024 * 1024;
const REJECTS_SHOWN = 20;
const WHY_LENGTH = 200;

/**
 * Takes what a sender of logs posts and stores it batch by batch as it comes; the sums of all batches. Text has a line a
 * line; NDJSON and JSON a record each, handed on as it was sent. When it throws, what was stored before stays: the
 * same lines sent again are duplicates.
 *
 * Throws as readBody does, UNSUPPORTED_MEDIA for another content type, and what `store` throws. Cost: one batch
 * (about 1 MiB) in memory, whatever the size of the body.
 */
export async function receiveLogs(
  request: Request,
  { store, step, defaultHost }: { store: StoreLines; step: Step; defaultHost: string | null },
): Promise<StoredLines> {
  const split = splitterFor(request.headers.get('content-type'));
  const total: StoredLines = { accepted: 0, rejected: 0, duplicates: 0, signals: 0, rejects: [] };
  let batch = newBatch();
  let lineNumber = 0;

  const flush = async (): Promise<void> => {
    const { lines, numbers, refused } = batch;
    batch = newBatch();
    if (lines.length === 0 && refused === 0) return;
    const stored = await step(() =>
      store({ input: 'http', lines, receivedAt: new Date(), defaultHost, refused }),
    );
    for (const key of ['accepted', 'rejected', 'duplicates', 'signals'] as const) total[key] += stored[key];
    for (const { line, why } of stored.rejects) reject(total, numbers[line - 1] ?? lineNumber, why);
  };
  const add = async (records: readonly SentRecord[]): Promise<void> => {
    for (const record of records) {
      lineNumber += 1;
      if ('why' in record) {
        total.rejected += 1;
        batch.refused += 1;
        reject(total, lineNumber, record.why);
        continue;
      }
      batch.lines.push(record.text);
      batch.numbers.push(lineNumber);
      batch.characters += record.text.length;
      if (batch.lines.length >= BATCH_LINES || batch.characters >= BATCH_CHARACTERS) await flush();
    }
  };

  for await (const chunk of readBody(request, { maxSentBytes: MAX_SENT_BYTES, maxBytes: MAX_BYTES })) {
    await add(split.push(chunk));
  }
  await add(split.end());
  await flush();
  total.rejects.sort((a, b) => a.line - b.line);
  return total;
}

type Batch = { lines: string[]; numbers: number[]; characters: number; refused: number };
const newBatch = (): Batch => ({ lines: [], numbers: [], characters: 0, refused: 0 });

function reject({ rejects }: StoredLines, line: number, why: string): void {
  if (rejects.length < REJECTS_SHOWN) rejects.push({ line, why: why.slice(0, WHY_LENGTH) });
}

type RecordSource = { push(chunk: Uint8Array): SentRecord[]; end(): SentRecord[] };

function splitterFor(contentType: string | null): RecordSource {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  switch (type) {
    // A sender that names no type sends text, as `curl --data-binary @- -H 'Content-Type:'` does.
    case '':
    case 'text/plain':
    case 'application/octet-stream':
    case 'application/gzip':
    case 'application/x-gzip':
    // What curl calls everything it is not told the type of.
    case 'application/x-www-form-urlencoded':
      return asRecords(createLineSplitter(), (text) => ({ text }));
    case 'application/x-ndjson':
    case 'application/ndjson':
    case 'application/jsonl':
    case 'application/x-jsonlines':
      return asRecords(createLineSplitter(), checkedRecord);
    case 'application/json':
    case 'application/json; charset=utf-8':
      return checked(createRecordSplitter());
    default:
      throw new AppError('UNSUPPORTED_MEDIA', `${type.slice(0, 60)} is not understood.`);
  }
}

function asRecords(
  { push, end }: ReturnType<typeof createLineSplitter>,
  toRecord: (line: string) => SentRecord,
): RecordSource {
  return { push: (chunk) => push(chunk).map(toRecord), end: () => end().map(toRecord) };
}

function checked({ push, end }: RecordSource): RecordSource {
  const check = (record: SentRecord): SentRecord => ('text' in record ? checkedRecord(record.text) : record);
  return { push: (chunk) => push(chunk).map(check), end: () => end().map(check) };
}
