import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import type { MasterSnapshot } from '@/lib/domain/snapshot';
import { AppError } from '@/lib/errors';
import { createRejectLog } from '@/lib/upstream/reject-log';
import { routes, startTestServer } from '@/lib/upstream/test-server';

import { createMasterReader } from './read-master';
import { readState } from './read-state';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

type Outcome = MasterSnapshot | string;

/** What a poll gives: a snapshot or the code of an error; anything else fails the test. */
async function outcomeOf(url: string, timeoutMs = 10_000): Promise<Outcome> {
  const reader = createMasterReader({ urls: [url], credentials: null, timeoutMs, ca: null });
  closers.push(reader.close);
  try {
    return await reader.read(new AbortController().signal, new Map());
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    throw thrown;
  }
}

async function master(table: Record<string, unknown>): Promise<string> {
  const server = await startTestServer(routes({ '/metrics/snapshot': { 'master/elected': 1 }, ...table }));
  closers.push(server.close);
  return server.url;
}

const COUNT = 300;
const task = (index: number) => ({
  id: `web.${index * 7919}`,
  name: 'web',
  framework_id: 'F1',
  slave_id: 'S1',
  state: 'TASK_FAILED',
  statuses: [{ state: 'TASK_FAILED', timestamp: 1700000000 + index }],
});
const HEAD =
  '{"version":"1.9.0","elected_time":1699990001.25,"id":"m1","slaves":[],"frameworks":[{"id":"F1","name":"f","tasks":[';
const TAIL = ']}],"completed_frameworks":[]}';
const STATE = `${HEAD}${Array.from({ length: COUNT }, (_, index) => JSON.stringify(task(index))).join()}${TAIL}`;

function packed(body: Buffer): RequestListener {
  return (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
}

describe('gzip that breaks', () => {
  const whole = gzipSync(STATE);

  it.each([0.05, 0.3, 0.5, 0.7, 0.95])(
    'at %f of its length: what stood before, or a bad payload',
    async (part) => {
      const broken = Buffer.from(whole);
      const from = Math.floor(broken.length * part);
      broken.fill(0xff, from, from + 64);
      const outcome = await outcomeOf(await master({ '/state': packed(broken) }));
      if (typeof outcome === 'string') return expect(outcome).toBe('MESOS_BAD_PAYLOAD');
      expect(outcome.complete).toBe(false);
      expect(outcome.warnings.map(({ code }) => code)).toContain('state_truncated');
      expect(outcome.ended.length).toBeLessThan(COUNT);
    },
  );

  it('in GET_TASKS: /state stands, and a warning says so', async () => {
    const broken = gzipSync(JSON.stringify({ get_tasks: { completed_tasks: [task(1)] } }));
    broken.fill(0xff, 20, 40);
    const outcome = await outcomeOf(await master({ '/state': STATE, '/api/v1': packed(broken) }));
    expect(outcome).toMatchObject({ complete: true });
    expect(typeof outcome === 'string' ? [] : outcome.warnings.map(({ code }) => code)).toEqual([
      'messages_unavailable',
    ]);
  });

  it('that is none at all', async () => {
    expect(await outcomeOf(await master({ '/state': packed(Buffer.from(STATE)) }))).toBe('MESOS_BAD_PAYLOAD');
  });

  it('a bomb: a rest of 100 MB in 100 KB is not kept', async () => {
    const bomb = gzipSync(
      Buffer.concat([Buffer.from('{"elected_time":1,"flags":"'), Buffer.alloc(100 * 2 ** 20, 0x61)]),
    );
    const before = process.memoryUsage().rss;
    const outcome = await outcomeOf(await master({ '/state': packed(bomb) }), 30_000);
    expect(outcome).toMatchObject({ complete: false, ended: [], live: [] });
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
  });
});

describe('truncated', () => {
  it('at any byte: what stood before it, and that it was cut', async () => {
    const short = Buffer.from(
      `${HEAD}${[0, 1, 2].map((index) => JSON.stringify(task(index))).join()}${TAIL}`,
    );
    let most = 0;
    for (let length = 0; length < short.length; length += 1) {
      const chunks = [short.subarray(0, length >> 1), short.subarray(length >> 1, length)];
      const reading = await readState(Readable.from(chunks), createRejectLog(), new Map());
      const { ended } = reading.ended.result();
      expect(reading.cut).not.toBeNull();
      expect(ended.length).toBeGreaterThanOrEqual(most);
      most = ended.length;
    }
    expect(most).toBe(3);
  });
});

describe('a content-length that lies', () => {
  const raw = async (length: number | string, body: string): Promise<string> => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () =>
        socket.end(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
        ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    const address = server.address();
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  };

  it('more than comes: what came, cut', async () => {
    const outcome = await outcomeOf(await raw(STATE.length * 2, STATE.slice(0, -5)));
    expect(outcome).toMatchObject({ complete: false });
    expect(typeof outcome === 'string' ? 0 : outcome.ended.length).toBe(COUNT);
  });

  it('less than comes: what was announced, cut; the rest is no answer of its own', async () => {
    const outcome = await outcomeOf(await raw(STATE.length - 100, STATE));
    expect(outcome).toMatchObject({ complete: false });
  });

  it.each(['-1', '1e3', '12x'])('%s is no length', async (length) => {
    expect(await outcomeOf(await raw(length, STATE))).toMatch(/^MESOS_(BAD_PAYLOAD|UNREACHABLE)$/);
  });
});

describe('slow', () => {
  it.each(['/state', '/api/v1'])('%s dripped byte by byte ends at its deadline', async (path) => {
    const drip: RequestListener = (_request, response) => {
      let at = 0;
      const timer = setInterval(() => response.write(STATE[at++ % STATE.length]), 5);
      response.on('close', () => clearInterval(timer));
    };
    const began = performance.now();
    const outcome = await outcomeOf(await master({ '/state': STATE, [path]: drip }), 400);
    expect(performance.now() - began).toBeLessThan(5_000);
    if (path === '/state') return expect(outcome).toMatchObject({ complete: false, live: [] });
    expect(outcome).toMatchObject({ complete: true, warnings: [{ code: 'messages_unavailable' }] });
  });
});

describe('large', () => {
  it('a /state beyond 512 MB, of which V8 has no string, is read whole in little memory', async () => {
    const note = 'x'.repeat(120_000);
    const alive = { ...task(1), state: 'TASK_RUNNING', statuses: [], note };
    const piece = Buffer.from(`${JSON.stringify(alive)},`.repeat(8));
    const pieces = Math.ceil((520 * 2 ** 20) / piece.length);
    const url = await master({
      async '/state'(_request: unknown, response: ServerResponse) {
        response.write(HEAD);
        for (let sent = 0; sent < pieces; sent += 1) {
          if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
        }
        response.end(`${JSON.stringify(task(2))}${TAIL}`);
      },
    });
    const before = process.memoryUsage().rss;
    const outcome = await outcomeOf(url, 110_000);
    expect(outcome).toMatchObject({ complete: true, ended: [{ taskId: task(2).id }], rejects: { count: 0 } });
    if (typeof outcome === 'string') return;
    expect([outcome.live.length, outcome.bytes > 2 ** 29]).toEqual([pieces * 8, true]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  }, 120_000);
});
