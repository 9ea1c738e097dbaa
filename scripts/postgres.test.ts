import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type PostgresServer, startPostgres } from './postgres.mjs';
import { processState } from './process-state.mjs';

// Everything here makes or recovers whole database folders, some of it with other tests at work beside.
const SLOW_MS = 60_000;
const SCRIPT = new URL('./postgres.mjs', import.meta.url).pathname;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'exit137-pg-'));
});
const servers = new Set<PostgresServer>();
afterEach(async () => {
  await Promise.all([...servers].map((server) => server.stop()));
  servers.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(dataDir: string, settings: Record<string, string> = {}, lines: string[] = []) {
  const server = await startPostgres({ dataDir, settings, log: (line) => lines.push(line) });
  servers.add(server);
  return server;
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** `node scripts/postgres.mjs DIR` as another program would run it, and the URL it prints. */
async function startElsewhere(dataDir: string, env: NodeJS.ProcessEnv = process.env) {
  const child: ChildProcess = spawn(process.execPath, [SCRIPT, dataDir], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(child, 'exit');
  const line = child.stdout
    ? once(createInterface(child.stdout), 'line')
    : Promise.reject(new Error('no stdout'));
  const first = await Promise.race([line, ended.then(() => null)]);
  return { child, ended, url: first ? String(first[0]) : null, errors: () => errors };
}

const serverPid = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

describe('startPostgres', { timeout: SLOW_MS }, () => {
  const dataDir = () => join(folder, 'main');

  it('makes a UTF-8 database that sorts by code point and syncs, behind a private socket only', async () => {
    const server = await start(dataDir());
    const [row] = await query(
      server.url,
      `SELECT current_user::text AS who, current_database() AS db, pg_encoding_to_char(encoding) AS encoding,
              datlocprovider::text AS provider, datlocale AS locale, current_setting('listen_addresses') AS listens,
              current_setting('fsync') AS fsync, current_setting('data_checksums') AS checksums,
              current_setting('TimeZone') AS zone, lower('ÄÖ') AS lower, 'Z' < 'a' AS by_code_point
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(row).toEqual({
      who: 'exit137',
      db: 'exit137',
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
      listens: '',
      fsync: 'on',
      checksums: 'on',
      zone: 'UTC',
      lower: 'äö',
      by_code_point: true,
    });
    expect(statSync(join(dataDir(), 'socket')).mode & 0o777).toBe(0o700);
    expect(new URL(server.url).searchParams.get('host')).toBe(join(dataDir(), 'socket'));
  });

  it('keeps what was stored over stop and start, and leaves no lock and no process', async () => {
    const first = await start(dataDir());
    await query(first.url, 'CREATE TABLE kept AS SELECT 137 AS code');
    await first.stop();
    expect(await first.exited).toEqual({ expected: true, code: 0, signal: null });
    expect(processState(first.pid)).toBeNull();
    expect(existsSync(join(dataDir(), 'exit137.lock'))).toBe(false);

    const second = await start(dataDir());
    expect(await query(second.url, 'SELECT code FROM kept')).toEqual([{ code: 137 }]);
    expect(second.url).toBe(first.url);
  });

  it('a second start on the folder is refused with the pid of the first and the cure', async () => {
    const server = await start(dataDir());
    await expect(startPostgres({ dataDir: dataDir() })).rejects.toThrow(
      new RegExp(`already runs on .*main \\(pid ${process.pid}, since .*DATA_DIR`),
    );
    const other = await startElsewhere(dataDir());
    expect(other.url).toBeNull();
    expect(other.errors()).toMatch(`pid ${process.pid}`);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('kill -9 of the server in the middle of a load: it is told, and every committed row is back', async () => {
    const server = await start(dataDir());
    await query(server.url, 'CREATE TABLE load (n integer PRIMARY KEY, text text)');
    let committed = 0;
    const load = (async () => {
      for (;;) {
        await query(
          server.url,
          `INSERT INTO load SELECT n, repeat('x', 200) FROM generate_series(${committed}, ${committed + 999}) AS n`,
        );
        committed += 1000;
      }
    })().catch((error: unknown) => error);
    await expect.poll(() => committed, { timeout: 30_000 }).toBeGreaterThan(20_000);
    process.kill(server.pid, 'SIGKILL');
    expect(await server.exited).toEqual({ expected: false, code: null, signal: 'SIGKILL' });
    expect(await load).toBeInstanceOf(Error);

    const again = await start(dataDir());
    const [row] = await query<{ rows: number; last: number }>(
      again.url,
      'SELECT count(*)::int AS rows, max(n)::int AS last FROM load',
    );
    // The statement that was under way may have been committed without our hearing of it.
    expect([committed, committed + 1000]).toContain(row?.rows);
    expect(row?.last).toBe((row?.rows ?? 0) - 1);
  });

  it('the server goes when the program that started it is killed', async () => {
    const { child, ended } = await startElsewhere(dataDir());
    const pid = serverPid(dataDir());
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => processState(pid), { timeout: 30_000 }).toBeNull();
  });

  // The guards are found by way of /proc.
  const onLinux = it.runIf(process.platform === 'linux');
  onLinux('a server that outlived its program and its guard is stopped by the next start', async () => {
    const { child, ended, url } = await startElsewhere(dataDir());
    if (url === null) throw new Error('it did not start');
    await query(url, 'CREATE TABLE orphaned AS SELECT 1 AS one');
    const pid = serverPid(dataDir());
    for (const guard of guardsOf(pid)) process.kill(guard, 'SIGKILL');
    child.kill('SIGKILL');
    await ended;
    expect(processState(pid)).not.toBeNull();

    const lines: string[] = [];
    const server = await start(dataDir(), {}, lines);
    expect(lines).toContain(`stopping the Postgres of an exit137 that was killed (pid ${pid})`);
    expect(processState(pid)).toBeNull();
    expect(await query(server.url, 'SELECT one FROM orphaned')).toEqual([{ one: 1 }]);
  });

  it('a postmaster.pid that names some other program does not block the start', async () => {
    writeFileSync(join(dataDir(), 'postgres', 'postmaster.pid'), `${process.pid}\n`);
    const server = await start(dataDir());
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('a start that fails says so with the end of the log, and leaves no lock', async () => {
    await expect(start(dataDir(), { shared_buffers: 'plenty' })).rejects.toThrow(
      /Postgres did not start: it ended at once.*\n.*invalid value for parameter "shared_buffers"/,
    );
    expect(existsSync(join(dataDir(), 'exit137.lock'))).toBe(false);
  });

  it('an overlong log is moved aside before it grows further', async () => {
    writeFileSync(join(dataDir(), 'postgres.log'), 'x'.repeat(11 * 1024 * 1024));
    await start(dataDir());
    expect(statSync(join(dataDir(), 'postgres.log')).size).toBeLessThan(100_000);
    expect(statSync(join(dataDir(), 'postgres.log.1')).size).toBe(11 * 1024 * 1024);
  });

  it('a folder too deep for a socket gets one in the temporary folder', async () => {
    const deep = join(folder, 'd'.repeat(100), 'ü, "quoted" and spaced');
    const server = await start(deep);
    const socket = new URL(server.url).searchParams.get('host') ?? '';
    expect(Buffer.byteLength(`${socket}/.s.PGSQL.5432`)).toBeLessThanOrEqual(107);
    expect(statSync(socket).mode & 0o777).toBe(0o700);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    expect(existsSync(socket)).toBe(false);
  });

  it('a start that was killed while it made the folder leaves nothing that harms the next', async () => {
    const half = join(folder, 'half');
    mkdirSync(join(half, 'postgres.init-0'), { recursive: true });
    writeFileSync(join(half, 'postgres.init-0', 'PG_VERSION'), '18\n');
    await start(half);
    expect(readdirSync(half).filter((name) => name.startsWith('postgres.init-'))).toEqual([]);
  });

  // Root without user namespaces is what most containers give.
  it.runIf(process.getuid?.() === 0)(
    'as root without namespaces it runs as nobody, and goes back again',
    async () => {
      const bin = mkdtempSync(join(folder, 'bin-'));
      writeFileSync(join(bin, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
      const own = mkdtempSync(join(tmpdir(), 'exit137-pg-'));
      const { child, ended, url, errors } = await startElsewhere(own, env);
      expect(errors()).not.toMatch(/cannot|did not/);
      expect(await query(url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(statSync(`/proc/${serverPid(own)}`).uid).not.toBe(0);
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);

      const server = await start(own);
      expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await server.stop();
      rmSync(own, { recursive: true });
    },
  );

  it.each([
    ['of another major version', '17', /was written by PostgreSQL 17, and this exit137 brings PostgreSQL 18/],
    ['of something else', null, /holds files but no database/],
  ])('a folder %s is refused untouched', async (_, version, message) => {
    const other = mkdtempSync(join(folder, 'other-'));
    mkdirSync(join(other, 'postgres'));
    writeFileSync(join(other, 'postgres', version ? 'PG_VERSION' : 'precious'), `${version}\n`);
    await expect(startPostgres({ dataDir: other })).rejects.toThrow(message);
    expect(readdirSync(join(other, 'postgres'))).toHaveLength(1);
  });
});

/** The shells that wait for the end of the program that started the server. */
function guardsOf(pid: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const command = /^\d+$/.test(name) ? processState(Number(name))?.command : undefined;
    return command?.startsWith('/bin/sh -c read') && command.includes(` sh ${pid} `) ? [Number(name)] : [];
  });
}
