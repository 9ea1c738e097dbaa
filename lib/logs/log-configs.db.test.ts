import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import { ensureCluster } from '@/lib/ingest/ensure-cluster';

import { installedLogSenders, type Sender } from '../../scripts/log-senders.mjs';
import { receiveLogs } from './receive-logs';
import { storeInto } from './store-into';
import type { StoreLines } from './store-lines';
import { type SyslogServer, startSyslogServer } from './syslog-server';

// The configurations of docs/log-configs, run as they are but for addresses and paths, by the real programs. Without
// them (no Debian, no network) these tests are skipped.
const { rsyslogd, syslogNg, journalRemote } = installedLogSenders();
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const hasJournal = journalRemote !== null && spawnSync('journalctl', ['--version']).status === 0;

const CONTAINER = '812c82c5a7a5'.padEnd(64, '0');
/** What a kernel says of a container at its limit, by rsyslog's and journald's names. */
const KERNEL = [
  'java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
  'CPU: 3 PID: 76513 Comm: java Not tainted 3.10.0-514.el7.x86_64 #1',
  `Task in /docker/${CONTAINER} killed as a result of limit of /docker/${CONTAINER}`,
  'memory: usage 4194304kB, limit 4194304kB, failcnt 25581',
  'Memory cgroup out of memory: Kill process 76513 (java) score 1997 or sacrifice child',
  'Killed process 76513 (java) total-vm:7421336kB, anon-rss:4189536kB, file-rss:0kB',
];
const HOST = 'node-7';
const SECRET = 'exit137-test-token';

let database: TestDatabase;
let store: StoreLines;
const lines: string[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  const clusterId = await ensureCluster(database.pool, { clusterName: 'default', simulated: false });
  const intoDatabase = storeInto(database.pool, { clusterId, timeZone: 'UTC' });
  store = async (batch) => {
    lines.push(...batch.lines);
    return await intoDatabase(batch);
  };
});
afterAll(() => database.drop());

let folder = '';
let syslog: SyslogServer;
let http: Server;
let httpUrl = '';
const children: ChildProcess[] = [];
/** What the program complains of, for a test that fails. */
let complaints = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exit137-senders-'));
  syslog = await startSyslogServer({ port: 0, host: '127.0.0.1', tls: null, store });
  http = createServer(async (incoming, response) => {
    const request = new Request('http://localhost/', {
      method: 'POST',
      body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>,
      headers: incoming.headers as Record<string, string>,
      duplex: 'half',
    } as RequestInit);
    const isKnown = request.headers.get('authorization') === `Bearer ${SECRET}`;
    const answer = isKnown
      ? await receiveLogs(request, { store, step: (one) => one(), defaultHost: null })
      : { error: 'token' };
    response
      .writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  httpUrl = `http://127.0.0.1:${portOf(http)}`;
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(complaints);
  for (const child of children.splice(0)) {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await syslog.stop();
  http.closeAllConnections();
  http.close();
  rmSync(folder, { recursive: true, force: true });
  lines.length = 0;
  await database.pool.query('DELETE FROM log_signal');
  await database.pool.query('DELETE FROM log_open_block');
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A port that is free now, for a program that cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** The text of a configuration, every pair replaced; each must be in it. */
function config(name: string, replaced: Record<string, string>): string {
  let text = readFileSync(new URL(`../../docs/log-configs/${name}`, import.meta.url), 'utf8');
  for (const [from, to] of Object.entries(replaced)) {
    expect(text).toContain(from);
    text = text.replaceAll(from, to);
  }
  return text;
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function start(sender: Sender, args: string[]): void {
  const child = spawn(sender.path, args, {
    cwd: folder,
    env: { ...process.env, ...sender.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  complaints = '';
  child.stderr?.on('data', (chunk) => {
    complaints = `${complaints}${chunk}`.slice(-4_000);
  });
}

/** As a kernel and others of the host would, to the sender's own input. */
async function speak(port: number): Promise<void> {
  const socket = await expect
    .poll(() => tryConnect(port), { timeout: 10_000 })
    .toBe(true)
    .then(() => connect(port, '127.0.0.1'));
  const time = new Date().toISOString().slice(11, 19);
  const day = new Date().toLocaleDateString('en', { month: 'short', timeZone: 'UTC' });
  const date = `${day} ${String(new Date().getUTCDate()).padStart(2)} ${time}`;
  const said = [
    ...KERNEL.map((text) => `<4>${date} ${HOST} kernel: ${text}`),
    `<30>${date} ${HOST} dockerd[812]: time="2026-11-25T10:00:00Z" level=info msg="a line of docker"`,
    `<30>${date} ${HOST} mesos-slave[913]: I1125 10:00:00.000000   913 slave.cpp:1] a line of mesos`,
    `<86>${date} ${HOST} sshd[99]: none of exit137's business`,
  ];
  socket.end(said.map((text) => `${text}\n`).join(''));
  await once(socket, 'close');
}

function tryConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** The lines came as they were, of those alone that exit137 reads, and the kernel's became a signal. */
async function expectAll(): Promise<void> {
  await expect.poll(() => lines.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(KERNEL.length + 2);
  for (const text of [...KERNEL, 'a line of docker', 'a line of mesos']) {
    expect(lines.filter((line) => line.includes(text))).toHaveLength(1);
  }
  expect(lines.filter((line) => line.includes('sshd'))).toEqual([]);
  await expectSignal();
}

async function expectSignal(): Promise<void> {
  // The last lines are stored after they were seen.
  const signals = async () => (await database.pool.query('SELECT * FROM log_signal')).rows;
  await expect.poll(signals).toMatchObject([
    {
      printed_host: HOST,
      signature: 'memcg_oom',
      container_id: CONTAINER,
      killed_pid: 76513,
      killed_comm: 'java',
      limit_kb: '4194304',
    },
  ]);
}

describe('docs/log-configs', () => {
  it.skipIf(rsyslogd === null)('rsyslog.conf, by rsyslog', async () => {
    const input = await freePort();
    const send = write(
      'send.conf',
      config('rsyslog.conf', { 'exit137.example.com': '127.0.0.1', 'port="6514"': `port="${syslog.port}"` }),
    );
    const main = write(
      'rsyslog.conf',
      `global(workDirectory="${folder}")
       module(load="imptcp")
       input(type="imptcp" address="127.0.0.1" port="${input}")
       include(file="${send}")`,
    );
    if (rsyslogd) start(rsyslogd, ['-n', '-f', main, '-i', join(folder, 'pid'), '-M', rsyslogd.modules]);
    await speak(input);
    await expectAll();
  });

  it.skipIf(syslogNg === null)('syslog-ng.conf, by syslog-ng', async () => {
    await bySyslogNg('syslog-ng.conf', {
      '"exit137.example.com" port(6514)': `"127.0.0.1" port(${syslog.port})`,
    });
    await expectAll();
  });

  it.skipIf(syslogNg === null || !hasOpenssl)('syslog-ng.conf with TLS, as its comment says', async () => {
    const args = `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout key.pem -out cert.pem`;
    expect(spawnSync('openssl', args.split(' '), { cwd: folder, stdio: 'ignore' }).status, 'openssl').toBe(0);
    const [cert = '', key = ''] = ['cert.pem', 'key.pem'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    await syslog.stop();
    syslog = await startSyslogServer({ port: 0, host: '127.0.0.1', tls: { cert, key }, store });
    await bySyslogNg('syslog-ng.conf', {
      '"exit137.example.com" port(6514)': `"localhost" port(${syslog.port})`,
      'transport("tcp")': `transport("tls") tls(ca-file("${join(folder, 'cert.pem')}"))`,
    });
    await expectAll();
  });

  it.skipIf(syslogNg === null)('syslog-ng-http.conf, by syslog-ng', async () => {
    await bySyslogNg('syslog-ng-http.conf', {
      'http://exit137.example.com:3137': httpUrl,
      'Bearer LOGS_TOKEN': `Bearer ${SECRET}`,
    });
    await expectAll();
  });

  async function bySyslogNg(name: string, replaced: Record<string, string>): Promise<void> {
    if (!syslogNg) return;
    const input = await freePort();
    const version = /(\d+\.\d+)$/.exec(syslogNg.modules)?.[1] ?? '3.38';
    const main = write(
      'syslog-ng.conf',
      `@version: ${version}
       source s_src { network(ip("127.0.0.1") port(${input}) transport("tcp") keep-hostname(yes)); };
       ${config(name, { ...replaced, 'disk-buffer(': `disk-buffer(dir("${folder}") ` })}`,
    );
    start(syslogNg, [
      ...['--foreground', '--no-caps', '--cfgfile', main, '--module-path', syslogNg.modules],
      ...['--persist-file', join(folder, 'persist'), '--pidfile', join(folder, 'pid')],
      ...['--control', join(folder, 'control'), '--stderr'],
    ]);
    await speak(input);
  }

  it.skipIf(!hasJournal)(
    'journald-send.sh, by journalctl, over a journal of systemd’s own making',
    async () => {
      const journal = join(folder, 'host.journal');
      makeJournal(journal);
      const state = join(folder, 'state');
      mkdirSync(state);
      const send = (url: string) =>
        new Promise<number>((resolve) => {
          const script = new URL('../../docs/log-configs/journald-send.sh', import.meta.url).pathname;
          const child = spawn('sh', [script, 'once'], {
            env: {
              ...process.env,
              STATE_DIRECTORY: state,
              EXIT137_URL: url,
              LOGS_TOKEN: SECRET,
              JOURNALCTL_OPTIONS: `--file=${journal}`,
            },
            stdio: ['ignore', 'inherit', 'pipe'],
          });
          child.on('exit', (code) => resolve(code ?? 1));
        });
      // Away: told by its exit, and sent again.
      expect(await send(`http://127.0.0.1:${await freePort()}`)).not.toBe(0);
      expect(await send(httpUrl)).toBe(0);
      await expectAll();
      const before = lines.length;
      expect(await send(httpUrl)).toBe(0);
      expect(lines).toHaveLength(before);
    },
  );

  /** In journald's export format, from which systemd-journal-remote makes a journal. */
  function makeJournal(path: string): void {
    const now = Date.now() * 1_000;
    const entries = [
      ...KERNEL.map((text) => ({
        _TRANSPORT: 'kernel',
        SYSLOG_IDENTIFIER: 'kernel',
        PRIORITY: '4',
        MESSAGE: text,
      })),
      {
        _TRANSPORT: 'stdout',
        _SYSTEMD_UNIT: 'docker.service',
        SYSLOG_IDENTIFIER: 'dockerd',
        MESSAGE: 'a line of docker',
      },
      {
        _TRANSPORT: 'stdout',
        _SYSTEMD_UNIT: 'mesos-slave.service',
        SYSLOG_IDENTIFIER: 'mesos-slave',
        MESSAGE: 'a line of mesos',
      },
      {
        _TRANSPORT: 'syslog',
        _SYSTEMD_UNIT: 'ssh.service',
        SYSLOG_IDENTIFIER: 'sshd',
        MESSAGE: 'none of its business: sshd',
      },
    ];
    const text = entries
      .map((entry, index) =>
        Object.entries({
          __REALTIME_TIMESTAMP: String(now + index * 1_000),
          __MONOTONIC_TIMESTAMP: String(5_000_000 + index * 1_000),
          _BOOT_ID: 'a'.repeat(32),
          _MACHINE_ID: 'b'.repeat(32),
          _HOSTNAME: HOST,
          ...entry,
        })
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      )
      .join('\n');
    const made = spawnSync(journalRemote?.path ?? '', ['-o', path, '--split-mode=none', '-'], {
      input: `${text}\n`,
      env: { ...process.env, ...journalRemote?.env },
    });
    expect(made.stderr.toString() && made.status, made.stderr.toString()).toBe(0);
  }
});
