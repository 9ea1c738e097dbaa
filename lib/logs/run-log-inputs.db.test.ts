import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { type LogInputSettings, runLogInputs } from './run-log-inputs';

let db: TestDatabase;
let folder = '';
let path = '';
let stop = async (): Promise<void> => {};
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exit137-inputs-'));
  path = join(folder, 'messages');
});
afterEach(async () => {
  await stop();
  stop = async () => {};
  rmSync(folder, { recursive: true });
  await db.pool.query('TRUNCATE log_signal, log_open_block; DELETE FROM log_input');
});

function start(settings: Partial<LogInputSettings>): void {
  const stopping = new AbortController();
  const whole: LogInputSettings = {
    CLUSTER_NAME: 'default',
    SIMULATED: false,
    LOG_FILES: [],
    LOG_HOST: 'node-7',
    LOG_TIME_ZONE: 'UTC',
    SYSLOG_PORT: 0,
    SYSLOG_HOST: '127.0.0.1',
    ...settings,
  };
  const ended = runLogInputs(db.pool, whole, stopping.signal);
  stop = async () => {
    stopping.abort();
    await ended;
  };
}

const netdevice = (minute: number): string =>
  `Nov 25 03:${String(minute).padStart(2, '0')}:00 node-7 kernel: unregister_netdevice: waiting for veth54a2de${minute} to become free. Usage count = 1\n`;

async function devices(): Promise<string[]> {
  const { rows } = await db.pool.query<{ device: string }>('SELECT device FROM log_signal ORDER BY at');
  return rows.map(({ device }) => device);
}
async function inputs(): Promise<Record<string, unknown>[]> {
  const { rows } = await db.pool.query('SELECT input, lines::int, position, last_error FROM log_input');
  return rows;
}

describe('runLogInputs', () => {
  it('stores the lines of a file and the place behind them as one, and goes on there after a restart', async () => {
    writeFileSync(path, netdevice(1) + netdevice(2));
    start({ LOG_FILES: [path] });
    await expect.poll(devices, { timeout: 5_000 }).toEqual(['veth54a2de1', 'veth54a2de2']);
    await stop();
    expect(await inputs()).toMatchObject([
      {
        input: `file:node-7:${path}`,
        lines: 2,
        position: { offset: netdevice(1).length * 2 },
        last_error: null,
      },
    ]);
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, netdevice(3));
    writeFileSync(path, netdevice(4));
    start({ LOG_FILES: [path] });
    await expect.poll(devices, { timeout: 10_000 }).toHaveLength(4);
    expect(await inputs()).toMatchObject([{ lines: 4 }]);
  });

  it('tells on /status of a file that is missing, until it is there', async () => {
    start({ LOG_FILES: [path] });
    await expect
      .poll(inputs, { timeout: 5_000 })
      .toMatchObject([{ lines: 0, last_error: 'There is no such file.' }]);
    writeFileSync(path, netdevice(1));
    await expect.poll(inputs, { timeout: 5_000 }).toMatchObject([{ lines: 1, last_error: null }]);
  });

  it('takes syslog, and has stored it when it has stopped', async () => {
    const port = await freePort();
    start({ SYSLOG_PORT: port });
    const socket = await expect
      .poll(() => tryConnect(port), { timeout: 5_000 })
      .toBe(true)
      .then(() => connect(port, '127.0.0.1'));
    socket.end(`<4>${netdevice(1)}`);
    await new Promise((resolve) => socket.once('close', resolve));
    await stop();
    expect(await devices()).toEqual(['veth54a2de1']);
    expect(await inputs()).toMatchObject([{ input: 'syslog', lines: 1 }]);
  });

  it('a port that is taken is told on /status, and hinders no file', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    writeFileSync(path, netdevice(1));
    start({ LOG_FILES: [path], SYSLOG_PORT: typeof address === 'object' ? (address?.port ?? 0) : 0 });
    await expect.poll(devices, { timeout: 5_000 }).toEqual(['veth54a2de1']);
    await expect
      .poll(inputs)
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({ input: 'syslog', last_error: expect.stringContaining('EADDRINUSE') }),
        ]),
      );
    other.close();
  });

  it('does nothing where nothing is set', async () => {
    start({});
    await stop();
    expect(await inputs()).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

function tryConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
