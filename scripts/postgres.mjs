import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { lockDataDir } from './data-lock.mjs';
import { postgresBinaries } from './postgres-binaries.mjs';
import { processGone, processState } from './process-state.mjs';

const NAME = 'exit137';
const PORT = 5432;
/** sockaddr_un holds 108 bytes on Linux and 104 on macOS, one of them the closing zero. */
const SOCKET_PATH_MAX_BYTES = process.platform === 'darwin' ? 103 : 107;
const LOG_MAX_BYTES = 10 * 1024 * 1024;
const LOG_CHECK_MS = 10_000;
/** Recovery after a crash replays at most max_wal_size; a slow disk may need minutes for it. */
const READY_TIMEOUT_MS = 300_000;
const FAST_STOP_MS = 30_000;
const HARD_STOP_MS = 5_000;
const ORPHAN_STOP_MS = 60_000;

/** For one small server on a shared machine. What must not be lost is synced: fsync stays on. */
const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  port: String(PORT),
  max_connections: '60',
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '1GB',
  random_page_cost: '1.1',
  huge_pages: 'off',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
};

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
 * @param {Record<string, string>} [options.settings] server settings that replace the ones above
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

/**
 * Postgres refuses to run as root. As root it gets a user namespace in which it is nobody: its files stay
 * root's outside, so no folder above needs to be passable. Where namespaces are forbidden (most containers)
 * it becomes the user nobody and owns its files.
 */
function serverIdentity(root) {
  if (process.getuid?.() !== 0) return { prefix: [], as: {}, own: () => {} };
  const prefix = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];
  const [unshare = '', ...args] = prefix;
  if (spawnSync(unshare, [...args, 'true'], { stdio: 'ignore' }).status === 0) {
    return { prefix, as: {}, own: (path) => giveTo(path, 0, 0) };
  }
  const { uid, gid } = nobody();
  const as = { uid, gid };
  chmodSync(root, 0o711);
  if (spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', root], { ...as, stdio: 'ignore' }).status !== 0) {
    throw new Error(
      `Started as root, Postgres runs as the user nobody, who cannot enter ${root}. ` +
        'Set DATA_DIR to a folder whose parents all may enter, or start exit137 as a normal user.',
    );
  }
  return { prefix: [], as, own: (path) => giveTo(path, uid, gid) };
}

function nobody() {
  const line = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (!line)
    throw new Error('Started as root on a system without the user nobody: start exit137 as a normal user.');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

/** Cheap when the owner is right already: an earlier start may have run under the other identity. */
function giveTo(path, uid, gid) {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || (stat.uid === uid && stat.gid === gid)) return;
  if (stat.isDirectory()) {
    for (const entry of readdirSync(path, { recursive: true }))
      lchownSync(join(path, String(entry)), uid, gid);
  }
  // The folder last: were this cut short, the next start would begin anew.
  lchownSync(path, uid, gid);
}

/** A private folder whose path leaves room for the socket's name, beside the data or else in the temporary folder. */
function socketFolder(root, identity) {
  const socketBytes = (folder) => Buffer.byteLength(join(folder, `.s.PGSQL.${PORT}`));
  const isPlain = (folder) => /^[\w./@+-]+$/.test(folder);
  const beside = join(root, 'socket');
  const short = `exit137-${process.getuid?.() ?? 0}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
  // The setting is a comma-separated list with quotes of its own, hence no unusual characters.
  const folder = [beside, join(tmpdir(), short), join('/tmp', short)].find(
    (candidate) => socketBytes(candidate) <= SOCKET_PATH_MAX_BYTES && isPlain(candidate),
  );
  if (folder === undefined) throw new Error(`No folder for the Postgres socket: ${tmpdir()} is too deep.`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  // Anybody can make a folder of this name in the temporary folder before us.
  const owners = [process.getuid?.(), identity.as.uid];
  if (!stat.isDirectory() || (folder !== beside && !owners.includes(stat.uid))) {
    throw new Error(`${folder} belongs to somebody else: remove it, or set TMPDIR to a private folder.`);
  }
  chmodSync(folder, 0o700);
  chownSync(folder, identity.as.uid ?? process.getuid?.() ?? -1, identity.as.gid ?? process.getgid?.() ?? -1);
  return folder;
}

function refuseOtherMajor(data, major) {
  const file = join(data, 'PG_VERSION');
  if (!existsSync(file)) return;
  const found = readFileSync(file, 'utf8').trim();
  if (found === major) return;
  throw new Error(
    `${data} was written by PostgreSQL ${found}, and this exit137 brings PostgreSQL ${major}. ` +
      `Move it with pg_dump and pg_restore of PostgreSQL ${found}, or set DATA_DIR to a new folder.`,
  );
}

/** Stops a server that outlived its exit137, and clears a postmaster.pid that would block the next one. */
async function stopOrphan(data, log) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const state = processState(pid);
  if (state === null || !(state.command.includes('postgres') && state.command.includes(data))) {
    // Postgres takes a zombie, or another program that has the pid now, for its living predecessor. The
    // lock says that no exit137 lives here, and Postgres itself checks the shared memory of the folder.
    rmSync(file, { force: true });
    return;
  }
  log(`stopping the Postgres of an exit137 that was killed (pid ${pid})`);
  for (const [signal, patienceMs] of /** @type {const} */ ([
    ['SIGINT', ORPHAN_STOP_MS],
    ['SIGQUIT', HARD_STOP_MS],
    ['SIGKILL', HARD_STOP_MS],
  ])) {
    signalQuietly(pid, signal);
    if (await processGone(pid, patienceMs)) return;
  }
  throw new Error(`An earlier Postgres (pid ${pid}) holds ${data} and cannot be ended: end it by hand.`);
}

function signalQuietly(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Into a folder beside, renamed when whole: a start that is killed meanwhile leaves no half database. */
function initialise({ binaries, identity, place, log }) {
  const startedAt = Date.now();
  for (const name of readdirSync(place.root)) {
    if (name.startsWith('postgres.init-')) rmSync(join(place.root, name), { recursive: true, force: true });
  }
  if (existsSync(place.data) && readdirSync(place.data).length > 0) {
    throw new Error(
      `${place.data} holds files but no database: move it away, or set DATA_DIR to a new folder.`,
    );
  }
  rmSync(place.data, { recursive: true, force: true });
  const draft = join(place.root, `postgres.init-${randomUUID()}`);
  mkdirSync(draft, { mode: 0o700 });
  identity.own(draft);
  // The built-in C.UTF-8 sorts by code point alike on every system, whatever locales it has.
  const [command = '', ...args] = [
    ...identity.prefix,
    binaries.initdb,
    ...['--pgdata', draft, '--username', NAME, '--encoding', 'UTF8', '--no-locale'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--auth=trust', '--no-instructions'],
  ];
  const result = spawnSync(command, args, { ...identity.as, env: cleanEnv(), encoding: 'utf8', cwd: '/' });
  if (result.status !== 0) {
    rmSync(draft, { recursive: true, force: true });
    const said = `${result.error?.message ?? ''}\n${result.stderr ?? ''}`.trim();
    throw new Error(`Postgres could not make its data folder ${place.data}:\n${said}`);
  }
  writeFileSync(join(draft, 'pg_hba.conf'), 'local all all trust\n');
  renameSync(draft, place.data);
  log(`made a Postgres data folder in ${Date.now() - startedAt} ms`);
}

/** Nothing of PGDATA, PGPORT, PGOPTIONS and the like may reach the server. */
function cleanEnv() {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
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

function spawnServer({ binaries, identity, place, settings }) {
  boundLog(place.logFile);
  const logStart = statSync(place.logFile, { throwIfNoEntry: false })?.size ?? 0;
  const logFd = openSync(place.logFile, 'a', 0o600);
  const [command = '', ...args] = [...identity.prefix, binaries.postgres, ...serverArgs(place, settings)];
  // A session of its own: Ctrl-C in a terminal must not stop the database under a collector that still writes.
  const child = spawn(command, args, {
    ...identity.as,
    env: cleanEnv(),
    cwd: '/',
    detached: true,
    stdio: ['ignore', logFd, logFd],
  });
  closeSync(logFd);
  child.unref();
  const watcher = child.pid === undefined ? null : watchParent(child.pid, place.data);
  const logBound = setInterval(() => boundLog(place.logFile), LOG_CHECK_MS).unref();
  let stopping = false;
  /** @type {Promise<{ expected: boolean, code: number | null, signal: string | null }>} */
  const exited = new Promise((settle) => {
    const end = (code, signal) => {
      clearInterval(logBound);
      watcher?.kill('SIGKILL');
      settle({ expected: stopping, code, signal });
    };
    child.once('exit', end);
    child.once('error', () => end(null, null));
  });
  /** @type {Promise<void> | undefined} */
  let stopped;
  const stop = () => {
    stopping = true;
    stopped ??= endServer(child, exited);
    return stopped;
  };
  return { pid: child.pid ?? 0, exited, stop, logStart };
}

function serverArgs(place, settings) {
  const all = {
    ...SETTINGS,
    unix_socket_directories: place.socket,
    dynamic_shared_memory_type: sharedMemoryType(),
    ...settings,
  };
  return ['-D', place.data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Docker gives 64 MB of /dev/shm, which one parallel query can fill; files in the data folder have no such end. */
function sharedMemoryType() {
  if (process.platform !== 'linux') return 'posix';
  try {
    const { bsize, blocks } = statfsSync('/dev/shm');
    return bsize * blocks >= 256 * 1024 * 1024 ? 'posix' : 'mmap';
  } catch {
    return 'mmap';
  }
}

/** A shell that asks the server to stop when this process is gone; `read` returns when the pipe closes. */
function watchParent(pid, data) {
  const script = 'read -r _; read -r now < "$2/postmaster.pid" && [ "$now" = "$1" ] && kill -INT "$1"';
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', String(pid), data], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => {});
  watcher.stdin.on('error', () => {});
  watcher.unref();
  watcher.stdin.unref?.();
  return watcher;
}

async function endServer(child, exited) {
  for (const [signal, patienceMs] of /** @type {const} */ ([
    // Fast shutdown ends the sessions and writes a checkpoint; immediate leaves that to the next start.
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', HARD_STOP_MS],
    ['SIGKILL', HARD_STOP_MS],
  ])) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) break;
    child.kill(signal);
    const timer = new AbortController();
    const late = delay(patienceMs, undefined, { signal: timer.signal }).catch(() => {});
    await Promise.race([exited, late]);
    timer.abort();
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

/** Keeps the last LOG_MAX_BYTES or so in `.1`; the server writes on into the emptied file (it appends). */
function boundLog(file) {
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= LOG_MAX_BYTES) return;
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  } catch {
    // A full disk: the log must not be what stops the database.
  }
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
