import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';

import { createIntakeGate } from './intake-gate';
import { receiveLogs } from './receive-logs';
import type { LineBatch, StoreLines } from './store-lines';

const plainStep = <T>(one: () => Promise<T>): Promise<T> => one();

/** Takes every line; refuses those that hold `bad`. */
function memoryStore(): { batches: LineBatch[]; store: StoreLines } {
  const batches: LineBatch[] = [];
  return {
    batches,
    store: async (batch) => {
      batches.push(batch);
      const rejects = batch.lines.flatMap((text, index) =>
        text.includes('bad') ? [{ line: index + 1, why: 'bad' }] : [],
      );
      const accepted = batch.lines.length - rejects.length;
      return { accepted, rejected: rejects.length, duplicates: 0, signals: 0, rejects };
    },
  };
}

async function send(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const { batches, store } = memoryStore();
  const request = new Request('http://localhost/', { method: 'POST', body, headers });
  const answer = await receiveLogs(request, { store, step: plainStep, defaultHost: 'node-7' });
  return { answer, lines: batches.flatMap(({ lines }) => lines), batches };
}

const ndjson = { 'content-type': 'application/x-ndjson' };
const json = { 'content-type': 'application/json' };
const record =
  '{"host":"node-7","message":"Nov 25 10:00:00 node-7 kernel: x","timestamp":"2026-11-25T10:00:00Z"}';

describe('receiveLogs', () => {
  it.each([
    ['text', 'one\ntwo\r\nthree', { 'content-type': 'text/plain; charset=utf-8' }, ['one', 'two', 'three']],
    ['what curl calls a form', 'one\n', { 'content-type': 'application/x-www-form-urlencoded' }, ['one']],
    ['NDJSON (Vector)', `${record}\n${record}\n`, ndjson, [record, record]],
    ['an array (Vector codec json, Fluent Bit json)', `[${record},${record}]`, json, [record, record]],
    ['records without anything between (Fluent Bit json_stream)', record + record, json, [record, record]],
    ['an array of strings', '["one","two\\n2"]', json, ['one', 'two 2']],
  ])('%s: a line each', async (_name, body, headers, want) => {
    const { lines, answer } = await send(body, headers);
    expect(lines).toEqual(want);
    expect(answer).toEqual({ accepted: want.length, rejected: 0, duplicates: 0, signals: 0, rejects: [] });
  });

  it('unpacks gzip', async () => {
    const { lines } = await send(new Uint8Array(gzipSync(`${record}\n`)), {
      ...ndjson,
      'content-encoding': 'gzip',
    });
    expect(lines).toEqual([record]);
  });

  it('names the lines that are none, by their number in the body', async () => {
    const { answer, batches } = await send(`${record}\nnot json\n\n{"message":"bad"}\n7\n${record}`, ndjson);
    expect(answer).toEqual({
      accepted: 3, // The blank one too.
      rejected: 3,
      duplicates: 0,
      signals: 0,
      rejects: [
        { line: 2, why: 'not JSON' },
        { line: 4, why: 'bad' },
        { line: 5, why: 'not a JSON object' },
      ],
    });
    expect(batches.reduce((sum, { refused = 0 }) => sum + refused, 0)).toBe(2);
  });

  it('shows the first 20 refusals and counts all', async () => {
    const { answer } = await send('oops\n'.repeat(50), ndjson);
    expect(answer.rejected).toBe(50);
    expect(answer.rejects.map(({ line }) => line)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('keeps what matters of a record that is longer than the parsers look at', async () => {
    const long = JSON.stringify({
      annotations: 'x'.repeat(20_000),
      host: 'node-7',
      message: 'kernel: it',
      pid: 7,
    });
    const { lines } = await send(long, ndjson);
    expect(lines.map((text) => JSON.parse(text))).toEqual([
      { host: 'node-7', message: 'kernel: it', pid: 7 },
    ]);
  });

  it('stores a large body in batches, with line numbers that go on', async () => {
    const body = Array.from({ length: 12_001 }, (_, index) =>
      index === 12_000 ? 'bad' : 'x'.repeat(100),
    ).join('\n');
    const { answer, batches } = await send(body);
    expect(batches.map(({ lines }) => lines.length)).toEqual([5_000, 5_000, 2_001]);
    expect(batches[0]).toMatchObject({ input: 'http', defaultHost: 'node-7' });
    expect(answer).toMatchObject({ accepted: 12_000, rejected: 1, rejects: [{ line: 12_001, why: 'bad' }] });
  });

  it('an empty body is no line', async () => {
    expect((await send('')).answer).toEqual({
      accepted: 0,
      rejected: 0,
      duplicates: 0,
      signals: 0,
      rejects: [],
    });
  });

  it.each(['image/png', 'application/msgpack', 'multipart/form-data; boundary=x'])(
    'refuses %s',
    async (type) => {
      await expect(send('x', { 'content-type': type })).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA' });
    },
  );

  it('refuses more than 16 MiB as sent and more than 128 MiB unpacked', async () => {
    await expect(send(new Uint8Array(16 * 1024 * 1024 + 1))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(129 * 1024 * 1024, 'a line\n')));
    await expect(send(bomb)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('answers nothing as stored where the store fails', async () => {
    const request = new Request('http://localhost/', { method: 'POST', body: 'one\n' });
    const store: StoreLines = async () => {
      throw new AppError('DATABASE_UNAVAILABLE', 'away');
    };
    await expect(receiveLogs(request, { store, step: plainStep, defaultHost: null })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
  });
});

describe('createIntakeGate', () => {
  it('lets so many in, turns away the next at once, and only so many store at a time', async () => {
    const gate = createIntakeGate({ places: 5, steps: 2, retryAfterSeconds: 3 });
    let storing = 0;
    let most = 0;
    const leave: (() => void)[] = [];
    const one = () =>
      gate.enter((step) =>
        step(async () => {
          storing += 1;
          most = Math.max(most, storing);
          await new Promise<void>((resolve) => leave.push(resolve));
          storing -= 1;
        }),
      );
    const five = [1, 2, 3, 4, 5].map(one);
    await expect(one()).rejects.toMatchObject({ code: 'LOGS_BUSY', details: { retryAfterSeconds: 3 } });
    for (let left = 0; left < 5; left += 1) {
      await expect.poll(() => leave.length).toBeGreaterThan(0);
      leave.shift()?.();
    }
    await Promise.all(five);
    expect(most).toBe(2);
    await gate.enter(async () => {}); // The places are free again.
  });

  it('a failure leaves its place', async () => {
    const gate = createIntakeGate({ places: 1, steps: 1, retryAfterSeconds: 1 });
    await expect(gate.enter(async () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    await gate.enter(async () => {});
  });
});
