import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ErrorBody } from '@/lib/contracts/error';
import { LogsBody } from '@/lib/contracts/evidence';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

type Handler = (request: Request, context: { params: Promise<Record<string, never>> }) => Promise<Response>;

const TOKEN = 'a-token-of-the-test';
const CONTAINER = 'ab12'.repeat(16);
/** A kernel's report of a container at its limit. */
const BLOCK = [
  'java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
  `Task in /docker/${CONTAINER} killed as a result of limit of /docker/${CONTAINER}`,
  'memory: usage 1048576kB, limit 1048576kB, failcnt 4711',
  'Memory cgroup out of memory: Kill process 4242 (java) score 1001 or sacrifice child',
  'Killed process 4242 (java) total-vm:3145728kB, anon-rss:1046528kB, file-rss:0kB',
];
const classic = (text: string): string => `Nov 25 03:00:00 node-7 kernel: ${text}`;
const DAY = { date: 1795575600.123, timestamp: '2026-11-25T03:00:00.123456789Z' };

let db: TestDatabase;
let POST: Handler;
beforeAll(async () => {
  db = await createTestDatabase();
  // The settings are read once, when the first module that logs is loaded.
  Object.assign(process.env, { DATABASE_URL: db.url, LOG_LEVEL: 'silent', LOGS_TOKEN: TOKEN });
  ({ POST } = await import('./route'));
});
afterAll(async () => {
  const { closePool } = await import('@/lib/db/pool');
  await closePool();
  await db.drop();
});
beforeEach(async () => {
  await db.pool.query('TRUNCATE log_signal, log_open_block; DELETE FROM log_input');
});

function post(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {},
  query = '',
): Promise<Response> {
  const request = new Request(`http://localhost/api/v1/logs${query}`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    duplex: 'half',
  } as RequestInit);
  return POST(request, { params: Promise.resolve({}) });
}

async function taken(response: Promise<Response>): Promise<LogsBody> {
  const answer = await response;
  expect(answer.status).toBe(200);
  return LogsBody.parse(await answer.json());
}

async function refused(response: Response): Promise<string> {
  return ErrorBody.parse(await response.json()).error.code;
}

async function signals(): Promise<Record<string, unknown>[]> {
  const { rows } = await db.pool.query(
    'SELECT printed_host, signature, container_id, killed_pid, limit_kb::int, at FROM log_signal',
  );
  return rows;
}
const ONE_KILL = [
  {
    printed_host: 'node-7',
    signature: 'memcg_oom',
    container_id: CONTAINER,
    killed_pid: 4242,
    limit_kb: 1_048_576,
  },
];

// In the shapes of the senders' own documents: what each posts for the same lines of one file.
const vector = BLOCK.map((text) => ({
  file: '/var/log/messages',
  host: 'node-7',
  message: classic(text),
  source_type: 'file',
  timestamp: DAY.timestamp,
}));
const vectorJournald = BLOCK.map((text, index) => ({
  PRIORITY: '4',
  SYSLOG_IDENTIFIER: 'kernel',
  _SOURCE_MONOTONIC_TIMESTAMP: `${5_000_000 + index}`,
  _TRANSPORT: 'kernel',
  __REALTIME_TIMESTAMP: '1795575600123456',
  host: 'node-7',
  message: text,
  source_type: 'journald',
  timestamp: DAY.timestamp,
}));
const fluentBit = BLOCK.map((text) => ({ date: DAY.date, log: classic(text), host: 'node-7' }));
const fluentBitJournald = BLOCK.map((text) => ({
  date: DAY.date,
  _TRANSPORT: 'kernel',
  _HOSTNAME: 'node-7',
  SYSLOG_IDENTIFIER: 'kernel',
  MESSAGE: text,
  host: 'node-7',
}));
const journalctl = BLOCK.map((text, index) => ({
  __CURSOR: 's=1;i=1;b=1;m=1;t=1;x=1',
  __REALTIME_TIMESTAMP: '1795575600123456',
  __MONOTONIC_TIMESTAMP: `${5_000_000 + index}`,
  _BOOT_ID: 'a'.repeat(32),
  _TRANSPORT: 'kernel',
  SYSLOG_IDENTIFIER: 'kernel',
  _HOSTNAME: 'node-7',
  // journald gives a text that holds control characters as its bytes.
  MESSAGE: index === 0 ? [...Buffer.from(text)] : text,
}));
const ndjson = (records: readonly unknown[]) => records.map((one) => `${JSON.stringify(one)}\n`).join('');
const stream = (records: readonly unknown[]) => records.map((one) => JSON.stringify(one)).join('');
const PLAIN = { 'content-type': 'text/plain' };
const NDJSON = { 'content-type': 'application/x-ndjson' };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('POST /api/v1/logs', () => {
  it.each([
    ['newline text', `${BLOCK.map(classic).join('\n')}\n`, PLAIN],
    [
      'RFC 5424 lines',
      BLOCK.map((text) => `<4>1 2026-11-25T03:00:00Z node-7 kernel - - - ${text}`).join('\n'),
      PLAIN,
    ],
    ['Vector, codec json with newlines', ndjson(vector), NDJSON],
    ['Vector, codec json', JSON.stringify(vector), JSON_TYPE],
    ['Vector, codec text', `${vector.map(({ message }) => message).join('\n')}\n`, PLAIN],
    ['Vector from journald', ndjson(vectorJournald), NDJSON],
    ['Fluent Bit, json', JSON.stringify(fluentBit), JSON_TYPE],
    ['Fluent Bit, json_lines', ndjson(fluentBit), JSON_TYPE],
    ['Fluent Bit, json_stream', stream(fluentBit), JSON_TYPE],
    ['Fluent Bit from journald', ndjson(fluentBitJournald), NDJSON],
    ['journalctl -o json', ndjson(journalctl), NDJSON],
  ])('takes %s, plain and packed, and the same again is harmless', async (_name, body, headers) => {
    const whole = { accepted: 5, rejected: 0, duplicates: 0, signals: 1, rejects: [] };
    expect(await taken(post(body, headers))).toEqual(whole);
    expect(await signals()).toMatchObject(ONE_KILL);
    expect((await signals())[0]?.at).toEqual(
      expect.toSatisfy((at: Date) => at.toISOString().startsWith('2026-11-25T03:00:00')),
    );
    const packed = { ...headers, 'content-encoding': 'gzip' };
    const again = await taken(post(new Uint8Array(gzipSync(body)), packed));
    expect(again).toMatchObject({ rejected: 0, signals: 0 });
    expect(again.accepted + again.duplicates).toBe(5);
    expect(again.duplicates).toBeGreaterThan(0);
    expect(await signals()).toHaveLength(1);
  });

  it('a report whose lines come in several requests, one of them twice, is one', async () => {
    const lines = BLOCK.map((text) => `${classic(text)}\n`);
    await taken(post(lines.slice(0, 2).join(''), PLAIN));
    await taken(post(lines.slice(0, 2).join(''), PLAIN));
    await taken(post(lines.slice(2).join(''), PLAIN));
    expect(await signals()).toMatchObject(ONE_KILL);
  });

  it('`host` is whose lines they are that name none, and of no other', async () => {
    const nameless = BLOCK.map((text) => `[12.345678] ${text}`).join('\n');
    await taken(post(nameless, PLAIN, '?host=node-7'));
    await taken(post(`${BLOCK.map(classic).join('\n')}`, PLAIN, '?host=node-8'));
    expect((await signals()).map(({ printed_host }) => printed_host)).toEqual(['node-7', 'node-7']);
  });

  it('counts for /status what came in', async () => {
    await taken(post(`${BLOCK.map(classic).join('\n')}\n`, PLAIN));
    await taken(post('not json\n{"message":"x"}\n', NDJSON));
    const { rows } = await db.pool.query(
      'SELECT input, lines::int, rejected::int, signals::int FROM log_input',
    );
    expect(rows).toEqual([{ input: 'http', lines: 7, rejected: 1, signals: 1 }]);
  });

  it('names the lines that it refuses', async () => {
    expect(await taken(post('{"message":"x"}\nnot json\n', NDJSON))).toMatchObject({
      accepted: 1,
      rejected: 1,
      rejects: [{ line: 2, why: 'not JSON' }],
    });
  });

  it.each([undefined, 'Bearer wrong-token-of-the-test', 'Basic x'])(
    'answers 401 with the scheme to %j, and reads nothing',
    async (authorization) => {
      let isRead = false;
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            isRead = true;
            controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      const response = await post(body, { authorization: authorization ?? '' });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
      expect(await refused(response)).toBe('LOGS_TOKEN_REFUSED');
      expect(isRead).toBe(false);
    },
  );

  it.each([
    [
      'a content type nobody reads',
      415,
      'UNSUPPORTED_MEDIA',
      () => post('x', { 'content-type': 'application/msgpack' }),
    ],
    ['an encoding nobody reads', 415, 'UNSUPPORTED_MEDIA', () => post('x', { 'content-encoding': 'zstd' })],
    ['17 MiB', 413, 'PAYLOAD_TOO_LARGE', () => post('x\n'.repeat(8.5 * 1024 * 1024))],
    [
      'gzip that unpacks to 200 MiB',
      413,
      'PAYLOAD_TOO_LARGE',
      () => post(new Uint8Array(gzipSync(Buffer.alloc(200 * 1024 * 1024))), PLAIN),
    ],
    ['gzip that is none', 400, 'BAD_REQUEST', () => post('x', { 'content-encoding': 'gzip' })],
    ['a host that is no name', 400, 'BAD_REQUEST', () => post('x', PLAIN, '?host=%3Cb%3E')],
  ])('refuses %s with %i %s', async (_name, status, code, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(await refused(response)).toBe(code);
  });

  it('past 20 at a time answers 429 with Retry-After, and takes the same lines later', async () => {
    const open: ReadableStreamDefaultController<Uint8Array>[] = [];
    const slow = () =>
      post(
        new ReadableStream({
          start(controller) {
            controller.enqueue(Buffer.from('a line\n'));
            open.push(controller);
          },
        }),
        PLAIN,
      );
    const held = Array.from({ length: 20 }, slow);
    const response = await post('one more\n', PLAIN);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused(response)).toBe('LOGS_BUSY');
    for (const controller of open) controller.close();
    for (const one of held) expect(await taken(one)).toMatchObject({ accepted: 1 });
    expect(await taken(post('one more\n', PLAIN))).toMatchObject({ accepted: 1 });
  });

  it('answers 503 with Retry-After while Postgres is away, and has stored nothing', async () => {
    const { pool } = await import('@/lib/db/pool');
    const away = pool();
    const { connect, query } = away;
    const { AppError } = await import('@/lib/errors');
    const fail = async () => {
      throw new AppError('DATABASE_UNAVAILABLE', 'Postgres cannot be used now (ECONNREFUSED)');
    };
    Object.assign(away, { connect: fail, query: fail });
    const response = await post(`${BLOCK.map(classic).join('\n')}\n`, PLAIN);
    Object.assign(away, { connect, query });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await signals()).toEqual([]);
    expect(await taken(post(`${BLOCK.map(classic).join('\n')}\n`, PLAIN))).toMatchObject({ signals: 1 });
  });
});

describe('POST /api/v1/logs of a server without LOGS_TOKEN', () => {
  it('is closed, and says what to set', async () => {
    const { vi } = await import('vitest');
    vi.resetModules();
    delete process.env.LOGS_TOKEN;
    const closed = (await import('./route')) as { POST: Handler };
    const request = new Request('http://localhost/api/v1/logs', {
      method: 'POST',
      body: 'x',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const response = await closed.POST(request, { params: Promise.resolve({}) });
    expect(response.status).toBe(403);
    expect(ErrorBody.parse(await response.json()).error).toMatchObject({
      code: 'LOGS_NOT_CONFIGURED',
      cure: expect.stringContaining('LOGS_TOKEN'),
    });
  });
});
