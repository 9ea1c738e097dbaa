import { gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';

import { createUpstream, redirectHostPort, type Upstream } from './create-upstream';
import type { Credentials, Source } from './source';
import { startTestServer, status, type TestServer } from './test-server';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function server(...args: Parameters<typeof startTestServer>): Promise<TestServer> {
  const started = await startTestServer(...args);
  closers.push(started.close);
  return started;
}

function upstreamTo(url: string, rest: Partial<Source> & { jsonLimitBytes?: number } = {}): Upstream {
  const { jsonLimitBytes, ...source } = rest;
  const made = createUpstream(
    'mesos',
    { urls: [url], credentials: null, timeoutMs: 5_000, ca: null, ...source },
    jsonLimitBytes === undefined ? {} : { jsonLimitBytes },
  );
  closers.push(made.close);
  return made;
}

function target(upstream: Upstream) {
  const [first] = upstream.targets;
  if (first === undefined) throw new Error('no target');
  return first;
}

function readFrom(upstream: Upstream, path = '/x', signal = new AbortController().signal) {
  return upstream.readJson({ target: target(upstream), path, signal });
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof AppError) return thrown;
  throw new Error(`expected an AppError, got ${String(thrown)}`);
}

describe('login', () => {
  it.each<[string, Credentials, string]>([
    ['basic', { username: 'ops', password: 'pä:ss' }, `Basic ${Buffer.from('ops:pä:ss').toString('base64')}`],
    ['bearer', { token: 'T.o-k', scheme: 'bearer' }, 'Bearer T.o-k'],
    ['dcos', { token: 'T.o-k', scheme: 'dcos' }, 'token=T.o-k'],
  ])('%s credentials go out in their header', async (_name, credentials, header) => {
    const one = await server((_request, response) => response.end('{}'));
    await readFrom(upstreamTo(one.url, { credentials }));
    expect(one.seen.map((request) => request.authorization)).toEqual([header]);
  });

  it('credentials inside the URL win, and are shown nowhere', async () => {
    const one = await server(status(500));
    const upstream = upstreamTo(one.url.replace('//', '//me:s%40crét@'), {
      credentials: { token: 'other', scheme: 'bearer' },
    });
    const error = await failureOf(readFrom(upstream));
    expect(one.seen[0]?.authorization).toBe(`Basic ${Buffer.from('me:s@crét').toString('base64')}`);
    expect(error.message).toContain(`${one.url}/x answered 500`);
    expect(JSON.stringify([error.message, error.details, upstream.targets])).not.toMatch(/cr.t|me:/);
  });

  it('without credentials there is no header', async () => {
    const one = await server((_request, response) => response.end('{}'));
    await readFrom(upstreamTo(one.url));
    expect(one.seen[0]?.authorization).toBeNull();
  });

  it('an unusable URL, token or CA is CONFIG_INVALID and not repeated', () => {
    for (const make of [
      () => upstreamTo('ftp://me:hush@host/'),
      () => upstreamTo('nonsense hush'),
      () => upstreamTo('http://host', { credentials: { token: 'hush\nX: y', scheme: 'bearer' } }),
      () => upstreamTo('http://host', { ca: 'no PEM' }),
    ]) {
      expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      expect(make).not.toThrow(/hush/);
    }
  });
});

describe('answers', () => {
  it.each([
    [401, 'MESOS_AUTH_REFUSED'],
    [403, 'MESOS_FORBIDDEN'],
    [500, 'MESOS_UNREACHABLE'],
    [503, 'MESOS_UNREACHABLE'],
    [404, 'MESOS_BAD_PAYLOAD'],
    [307, 'MESOS_BAD_PAYLOAD'],
  ])('status %i: %s', async (code, expected) => {
    const one = await server(status(code, { location: 'http://127.0.0.1:1/' }));
    expect((await failureOf(readFrom(upstreamTo(one.url)))).code).toBe(expected);
  });

  it('a redirect is not followed', async () => {
    const other = await server();
    const one = await server(status(302, { location: `${other.url}/y` }));
    const upstream = upstreamTo(one.url, { credentials: { token: 't', scheme: 'bearer' } });
    const reply = await upstream.open({
      target: target(upstream),
      path: '/x',
      signal: new AbortController().signal,
    });
    reply.discard();
    expect([reply.status, reply.location, other.seen]).toEqual([302, `${other.url}/y`, []]);
  });

  it('the path of the configured URL stays in front', async () => {
    const one = await server((_request, response) => response.end('{}'));
    await readFrom(upstreamTo(`${one.url}/service/marathon/`), '/v2/info?a=1');
    expect(one.seen[0]?.url).toBe('/service/marathon/v2/info?a=1');
  });

  it('what is not JSON is …_BAD_PAYLOAD and not quoted', async () => {
    const one = await server((_request, response) => response.end('<html>hush'));
    const error = await failureOf(readFrom(upstreamTo(one.url)));
    expect(error.code).toBe('MESOS_BAD_PAYLOAD');
    expect(error.message).not.toContain('hush');
  });

  it('nobody listening: …_UNREACHABLE with the reason', async () => {
    const one = await server();
    await one.close();
    const error = await failureOf(readFrom(upstreamTo(one.url.replace('//', '//me:hush@'))));
    expect(error.code).toBe('MESOS_UNREACHABLE');
    expect(error.message).toBe(`Cannot reach ${one.url}/x: ECONNREFUSED`);
  });

  it.each([
    ['before the headers', () => {}],
    [
      'inside the body',
      (_request: unknown, response: { write(text: string): void }) => response.write('{"a":'),
    ],
  ])('a server that hangs %s: …_TIMEOUT', async (_name, listener) => {
    const one = await server(listener as Parameters<typeof startTestServer>[0]);
    const error = await failureOf(readFrom(upstreamTo(one.url, { timeoutMs: 80 })));
    expect(error.code).toBe('MESOS_TIMEOUT');
  });

  it("the caller's abort is thrown as it is, also during the body", async () => {
    const one = await server((_request, response) => response.write('{'));
    const stop = new AbortController();
    const reading = readFrom(upstreamTo(one.url), '/x', stop.signal);
    await expect.poll(() => one.seen.length).toBe(1);
    stop.abort(new Error('shutting down'));
    await expect(reading).rejects.toThrow('shutting down');
    await expect(readFrom(upstreamTo(one.url), '/x', stop.signal)).rejects.toThrow('shutting down');
    expect(one.seen).toHaveLength(1);
  });

  it('a JSON body of exactly the limit is read, one byte more is BODY_TOO_LARGE', async () => {
    const one = await server((request, response) =>
      response.end(request.url === '/a' ? '[1,2,3]' : '[1,2,34]'),
    );
    const upstream = upstreamTo(one.url, { jsonLimitBytes: 7 });
    expect((await readFrom(upstream, '/a')).value).toEqual([1, 2, 3]);
    expect((await failureOf(readFrom(upstream, '/b'))).code).toBe('BODY_TOO_LARGE');
  });

  it('a broken connection gives everything that was sent, then …_BAD_PAYLOAD', async () => {
    const sent = Buffer.alloc(300_000, 'x');
    const one = await server((_request, response) => {
      response.writeHead(200, { 'content-length': String(sent.length + 1) });
      response.write(sent, () => response.destroy());
    });
    const upstream = upstreamTo(one.url);
    const reply = await upstream.open({
      target: target(upstream),
      path: '/x',
      signal: new AbortController().signal,
    });
    let bytes = 0;
    const reading = (async () => {
      for await (const chunk of reply.body) bytes += chunk.length;
    })();
    expect((await failureOf(reading)).code).toBe('MESOS_BAD_PAYLOAD');
    expect(bytes).toBe(sent.length);
  });
});

describe('compression', () => {
  const text = JSON.stringify({ list: Array.from({ length: 50_000 }, (_, index) => `item ${index}`) });

  it('is not asked for, but undone', async () => {
    let asked: unknown;
    const one = await server((request, response) => {
      asked = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(text));
    });
    expect((await readFrom(upstreamTo(one.url))).value).toEqual(JSON.parse(text));
    expect(asked).toBe('identity');
  });

  it.each([
    [
      'garbage in the middle',
      'gzip',
      Buffer.concat([gzipSync(text).subarray(0, 20_000), Buffer.alloc(5_000, 7)]),
    ],
    ['cut', 'gzip', gzipSync(text).subarray(0, 20_000)],
    ['no gzip at all', 'gzip', Buffer.from('{"a":1}')],
    ['an encoding that was not asked for', 'br', Buffer.from('{"a":1}')],
  ])('%s: …_BAD_PAYLOAD', async (_name, encoding, body) => {
    const one = await server((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding });
      response.end(body);
    });
    expect((await failureOf(readFrom(upstreamTo(one.url)))).code).toBe('MESOS_BAD_PAYLOAD');
  });

  it('the limit counts decoded bytes', async () => {
    const one = await server((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(`"${'a'.repeat(1_000_000)}"`));
    });
    const upstream = upstreamTo(one.url, { jsonLimitBytes: 100_000 });
    expect((await failureOf(readFrom(upstream))).code).toBe('BODY_TOO_LARGE');
  });
});

describe('redirectHostPort', () => {
  const from = { base: 'https://m1:5050/mesos', hostPort: 'm1:5050' };
  it.each([
    ['//m2.Example.test:5050/state', 'm2.example.test:5050'],
    ['//m2/state', 'm2:443'],
    ['http://m2/state', 'm2:80'],
    ['https://user:pw@m2:1/', 'm2:1'],
    ['/login', 'm1:5050'],
    ['//[::1]:5050/', '[::1]:5050'],
    ['ftp://m2/', null],
    ['//', null],
    [null, null],
  ])('%s: %s', (location, expected) => {
    expect(redirectHostPort(from, location)).toBe(expected);
  });
});
