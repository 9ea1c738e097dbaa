import type { Pool } from 'pg';

import type { Env } from '@/lib/config/env';
import { AppError } from '@/lib/errors';
import { ensureCluster } from '@/lib/ingest/ensure-cluster';

import { createIntakeGate, type IntakeGate } from './intake-gate';
import { readBody } from './read-body';
import { createLineSplitter } from './split-lines';
import { storeInto } from './store-into';
import type { StoreLines } from './store-lines';

const MAX_SENT_BYTES = 50 * 1024 * 1024;
const MAX_BYTES = 512 * 1024 * 1024;
/** Logs read at a time: each keeps a processor busy. */
const PLACES = 2;
const RETRY_AFTER_SECONDS = 3;
const BATCH_LINES = 2_000;
const UNREADABLE = /^(multipart\/|image\/|video\/|audio\/|application\/(zip|pdf|zstd|x-xz|x-bzip2))/;

// Kept on globalThis, as in take-logs.ts.
const store = globalThis as typeof globalThis & { exit137PastedGate?: IntakeGate };

/**
 * Reads a log that somebody pasted or dropped (up to 50 MiB as sent, 512 MiB unpacked) through `read`. With a cluster's name
 * its lines are stored on the way, as of input 'pasted'; null: nothing is. Throws LOGS_BUSY where two are being
 * read, else as readBody and `read`.
 */
export async function takePastedLog<T>(
  request: Request,
  {
    pool,
    settings,
    host,
    cluster,
  }: { pool: Pool; settings: Env; host: string | null; cluster: string | null },
  read: (chunks: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const type = (request.headers.get('content-type') ?? '').toLowerCase();
  if (UNREADABLE.test(type)) {
    throw new AppError('UNSUPPORTED_MEDIA', `${type.slice(0, 60)} is not understood; send the log itself.`);
  }
  store.exit137PastedGate ??= createIntakeGate({
    places: PLACES,
    steps: PLACES,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  return await store.exit137PastedGate.enter(async () => {
    const chunks = readBody(request, { maxSentBytes: MAX_SENT_BYTES, maxBytes: MAX_BYTES });
    if (cluster === null) return await read(chunks);
    const clusterId = await clusterIdOf(pool, cluster, settings);
    const intoCluster = storeInto(pool, { clusterId, timeZone: settings.LOG_TIME_ZONE });
    return await read(storing(chunks, intoCluster, host));
  });
}

/** This server's own cluster may not have its row yet; another must be known. */
async function clusterIdOf(pool: Pool, cluster: string, settings: Env): Promise<number> {
  if (cluster === settings.CLUSTER_NAME) {
    return await ensureCluster(pool, { clusterName: cluster, simulated: settings.SIMULATED });
  }
  const { rows } = await pool.query<{ id: number }>('SELECT id FROM cluster WHERE name = $1', [cluster]);
  const id = rows[0]?.id;
  if (id === undefined) throw new AppError('BAD_REQUEST', '`cluster` names none that is known here.');
  return id;
}

/** The same bytes, whose lines are stored as they pass. */
async function* storing(
  chunks: AsyncIterable<Uint8Array>,
  storeLines: StoreLines,
  defaultHost: string | null,
): AsyncGenerator<Uint8Array> {
  const splitter = createLineSplitter();
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    const batch = lines;
    lines = [];
    if (batch.length === 0) return;
    await storeLines({ input: 'pasted', lines: batch, receivedAt: new Date(), defaultHost });
  };
  for await (const chunk of chunks) {
    for (const line of splitter.push(chunk)) {
      lines.push(line);
      if (lines.length >= BATCH_LINES) await flush();
    }
    yield chunk;
  }
  lines.push(...splitter.end());
  await flush();
}
