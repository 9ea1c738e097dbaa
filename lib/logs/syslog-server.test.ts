import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';

import type { LineBatch, StoreLines } from './store-lines';
import { type SyslogOptions, type SyslogServer, startSyslogServer } from './syslog-server';

const nothing = { accepted: 0, rejected: 0, duplicates: 0, signals: 0, rejects: [] };
const line = (text: string): string => `<4>Nov 25 10:00:00 node-7 kernel: ${text}`;

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

let server: SyslogServer | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.stop(1_000);
  server = null;
});

async function listen(options: Partial<SyslogOptions> = {}): Promise<LineBatch[]> {
  const batches: LineBatch[] = [];
  const store: StoreLines = async (batch) => {
    batches.push(batch);
    return nothing;
  };
  server = await startSyslogServer({ port: 0, host: '127.0.0.1', tls: null, store, ...options });
  return batches;
}

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(server?.port ?? 0, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
    sockets.push(socket);
  });
}

const linesOf = (batches: readonly LineBatch[]): string[] => batches.flatMap(({ lines }) => lines);

describe('startSyslogServer', () => {
  it('stores lines of several senders, each framed as it likes, without their priority', async () => {
    const batches = await listen();
    const [one, two] = [await open(), await open()];
    const rfc5424 = '<4>1 2026-11-25T10:00:00Z node-8 kernel - - - two';
    one.write(`${line('one')}\n`);
    two.write(`${rfc5424.length} ${rfc5424}`);
    await expect.poll(() => linesOf(batches).length, { timeout: 3_000 }).toBe(2);
    // RFC 5424 is known by its priority.
    expect(linesOf(batches)).toEqual(
      expect.arrayContaining([
        'Nov 25 10:00:00 node-7 kernel: one',
        '<4>1 2026-11-25T10:00:00Z node-8 kernel - - - two',
      ]),
    );
    expect(batches[0]).toMatchObject({ input: 'syslog', defaultHost: null });
  });

  it('the sender’s address stands for the host of lines that name none, or localhost, and for no other', async () => {
    const batches = await listen();
    const socket = await open();
    socket.write(`${line('named')}\n[12.5] nameless\n<4>Nov 25 10:00:00 localhost kernel: x\n`);
    await expect.poll(() => linesOf(batches).length, { timeout: 3_000 }).toBe(3);
    expect(batches).toMatchObject([
      { lines: ['Nov 25 10:00:00 node-7 kernel: named'], defaultHost: null },
      {
        lines: ['[12.5] nameless', 'Nov 25 10:00:00 localhost kernel: x'],
        defaultHost: '127.0.0.1',
        peerAddress: '127.0.0.1',
      },
    ]);
    expect(batches[0]).not.toHaveProperty('peerAddress');
  });

  it('reads no more while lines cannot be stored, holds the sender, and loses nothing', async () => {
    let isAway = true;
    const stored: string[] = [];
    await listen({
      maxLines: 1_000,
      store: async ({ lines }) => {
        if (isAway) throw new AppError('DATABASE_UNAVAILABLE', 'away');
        stored.push(...lines);
        return nothing;
      },
    });
    const socket = await open();
    const text = 'x'.repeat(1_000);
    const sent = 20_000;
    let isDone = false;
    void (async () => {
      for (let index = 0; index < sent; index += 1) {
        if (!socket.write(`${line(`${index} ${text}`)}\n`))
          await new Promise((resolve) => socket.once('drain', resolve));
      }
      isDone = true;
    })();
    await expect.poll(() => server?.counts().buffered ?? 0).toBeGreaterThanOrEqual(1_000);
    const held = server?.counts().buffered ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server?.counts().buffered).toBe(held);
    expect(held).toBeLessThan(2_000);
    expect(isDone).toBe(false);
    isAway = false;
    await expect.poll(() => stored.length, { timeout: 15_000 }).toBe(sent);
    expect(stored.map((one) => Number(one.split(' ')[5]))).toEqual(
      Array.from({ length: sent }, (_, index) => index),
    );
  });

  it('a clean stop stores what was sent before it', async () => {
    const batches = await listen();
    const socket = await open();
    socket.write(`${line('last words')}\n${line('without an end')}`);
    await server?.stop();
    server = null;
    expect(linesOf(batches)).toEqual([
      'Nov 25 10:00:00 node-7 kernel: last words',
      'Nov 25 10:00:00 node-7 kernel: without an end',
    ]);
  });

  it('a stop does not wait for ever for a database that is away', async () => {
    await listen({
      store: async () => {
        throw new AppError('DATABASE_UNAVAILABLE', 'away');
      },
    });
    (await open()).write(`${line('lost')}\n`);
    await expect.poll(() => server?.counts().buffered).toBe(1);
    const startedAt = performance.now();
    await server?.stop(100);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    server = null;
  });

  it('turns away connections past its bound, and takes new ones when others leave', async () => {
    const batches = await listen({ maxConnections: 2 });
    const first = await open();
    await open();
    const third = await open();
    await new Promise((resolve) => third.once('close', resolve));
    expect(server?.counts()).toMatchObject({ connections: 2, refusedConnections: 1 });
    first.end();
    await expect.poll(() => server?.counts().connections).toBe(1);
    (await open()).write(`${line('now')}\n`);
    await expect.poll(() => linesOf(batches).length, { timeout: 3_000 }).toBe(1);
  });

  it('closes on a sender that stops in the middle of a message, not on one that is silent between two', async () => {
    await listen({ midwaySilenceMs: 50 });
    const [midway, between] = [await open(), await open()];
    midway.resume();
    between.write(`${line('whole')}\n`);
    midway.write('100 <4>Nov');
    await new Promise((resolve) => midway.once('close', resolve));
    expect(between.destroyed).toBe(false);
    await expect.poll(() => server?.counts().connections).toBe(1);
  });

  it('counts what it cut of messages that are too long', async () => {
    const batches = await listen();
    const socket = await open();
    socket.end(`${line('x'.repeat(100_000))}\n${line('next')}\n`);
    await expect.poll(() => linesOf(batches).length, { timeout: 3_000 }).toBe(2);
    expect(server?.counts().droppedBytes).toBeGreaterThan(30_000);
  });

  it('rejects where the port is taken', async () => {
    await listen();
    await expect(
      startSyslogServer({
        port: server?.port ?? 0,
        host: '127.0.0.1',
        tls: null,
        store: async () => nothing,
      }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it.skipIf(!hasOpenssl)('speaks TLS with a certificate, and survives who does not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exit137-tls-'));
    const args =
      'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout key.pem -out cert.pem';
    const made = spawnSync('openssl', args.split(' '), { cwd: folder, stdio: 'ignore' });
    expect(made.status, 'openssl').toBe(0);
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => readFileSync(join(folder, name), 'utf8'));
    rmSync(folder, { recursive: true });
    const batches = await listen({ tls: { cert: cert ?? '', key: key ?? '' } });
    (await open()).write('plain text\n');
    const socket = connectTls({ port: server?.port ?? 0, ca: cert, servername: 'localhost' });
    sockets.push(socket);
    socket.write(`${line('secret')}\n`);
    await expect
      .poll(() => linesOf(batches), { timeout: 3_000 })
      .toEqual(['Nov 25 10:00:00 node-7 kernel: secret']);
  });
});
