import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { lockDataDir } from './data-lock.mjs';
import { postgresBinaries } from './postgres-binaries.mjs';
import {
  initialise,
  NAME,
  PORT,
  refuseOtherMajor,
  serverIdentity,
  socketFolder,
} from './postgres-folder.mjs';
import { spawnServer, stopOrphan } from './postgres-process.mjs';

/** Recovery after a crash replays at most max_wal_size; a slow disk may need minutes for it. */
const READY_TIMEOUT_MS = 300_000;

/**
 * Starts the built-in PostgreSQL on `dataDir` (made when missing): data in `dataDir/postgres`, log in
 * `dataDir/postgres.log` (kept below about 20 MB), reachable over a unix socket in a private folder only.
 * One living exit137 per folder: see data-lock.mjs.
 *
 * The server ends with this process, however that ends: a small shell holds a pipe from here and stops the
 * server (fast shutdown) when the pipe closes. Where that shell was killed too, the next start finds the
 * server by its postmaster.pid and stops it first.
 *
 * @param {object} options
 * @param {string} options.dataDir
 * @param {(line: string) => void} [options.log] one line at a time, without a line break
 * @param {Record<string, string>} [options.settings] server settings, replacing those of postgres-process.mjs
 * @returns {Promise<{ url: string, pid: number, exited: Promise<{ expected: boolean, code: number | null, signal: string | null }>, stop(): Promise<void> }>}
 *   `url` is a connection URL (user and database `exit137`, no password). `exited` settles when the server
 *   has ended; `expected` is false when nobody called `stop`. `stop` may be called twice.
 * @throws {Error} with the cure, and with the end of the server's log where it would not start
 */
export async function startPostgres({ dataDir, log = () => {}, settings = {} }) {
  const binaries = postgresBinaries();
  mkdirSync(resolve(dataDir), { recursive: true, mode: 0o700 });
  const root = realpathSync(resolve(dataDir));
  const lock = await lockDataDir(root);
  try {
    const identity = serverIdentity(root);
    const place = {
      root,
      data: join(root, 'postgres'),
      logFile: join(root, 'postgres.log'),
      socket: socketFolder(root, identity),
    };
    refuseOtherMajor(place.data, binaries.major);
    await stopOrphan(place.data, log);
    if (!existsSync(join(place.data, 'PG_VERSION'))) initialise({ binaries, identity, place, log });
    identity.own(place.data);
    const server = await launch({ binaries, identity, place, log, settings });
    server.exited.finally(() => {
      if (!place.socket.startsWith(root)) rmSync(place.socket, { recursive: true, force: true });
      lock.release();
    });
    return server;
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function launch({ binaries, identity, place, log, settings }) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const server = spawnServer({ binaries, identity, place, settings });
    try {
      await waitUntilReady({ server, url: connectionUrl(place.socket), deadline, log });
    } catch (error) {
      await server.stop();
      // The backends of a server that was killed hold its shared memory until they have noticed.
      const isFading = tail(place.logFile, server.logStart).includes('pre-existing shared memory block');
      if (isFading && Date.now() < deadline) {
        await delay(200);
        continue;
      }
      const said = tail(place.logFile, server.logStart);
      throw new Error(`Postgres did not start: ${error.message}. Its log (${place.logFile}) ends:\n${said}`);
    }
    const { pid, exited, stop } = server;
    return { url: connectionUrl(place.socket), pid, exited, stop };
  }
}

/** Asks over the socket until a session opens; makes the database on its first start. */
async function waitUntilReady({ server, url, deadline, log }) {
  const startedAt = Date.now();
  let toldAt = startedAt;
  let ended = false;
  server.exited.then(() => {
    ended = true;
  });
  for (;;) {
    const problem = await tryConnect(url);
    if (problem === null) return;
    if (problem.code === '3D000') await createDatabase(url);
    else if (!isStarting(problem)) throw problem;
    if (ended) throw new Error('it ended at once');
    if (Date.now() >= deadline) throw new Error(`no answer within ${READY_TIMEOUT_MS / 1000} s`);
    if (Date.now() - toldAt >= 5_000) {
      log(`Postgres is still starting (${problem.message})`);
      toldAt = Date.now();
    }
    await Promise.race([delay(20), server.exited]);
  }
}

/** No socket yet, or 57P03: starting up, recovering. */
function isStarting(problem) {
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P03'].includes(problem.code) || !problem.code;
}

async function tryConnect(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return null;
  } catch (error) {
    return error;
  } finally {
    await client.end().catch(() => {});
  }
}

async function createDatabase(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url.replace(`/${NAME}?`, '/postgres?') });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(`CREATE DATABASE ${NAME}`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** With a host name that the `host` parameter replaces: a URL with an empty host is refused by `new URL`. */
function connectionUrl(socketFolderPath) {
  return `postgresql://${NAME}@localhost:${PORT}/${NAME}?host=${encodeURIComponent(socketFolderPath)}`;
}

/** The last lines of the log since `start`, at most 4 KB. */
function tail(file, start) {
  try {
    const size = statSync(file).size;
    const from = Math.max(start <= size ? start : 0, size - 4096);
    const buffer = Buffer.alloc(size - from);
    const fd = openSync(file, 'r');
    readSync(fd, buffer, 0, buffer.length, from);
    closeSync(fd);
    return buffer.toString('utf8').trim();
  } catch {
    return '';
  }
}

async function main(dataDir) {
  const log = (line) => console.error(line);
  const server = await startPostgres({ dataDir, log });
  console.log(server.url);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void server.stop());
  // The server is not what keeps this process alive, so something else must.
  const alive = setInterval(() => {}, 3_600_000);
  const { expected, code, signal } = await server.exited;
  clearInterval(alive);
  if (expected) return;
  log(`Postgres ended by itself (${signal ?? `exit code ${code}`})`);
  process.exitCode = 1;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv[2] ?? '.data').catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
