import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { cleanEnv, PORT } from './postgres-folder.mjs';
import { processGone, processState } from './process-state.mjs';

const LOG_MAX_BYTES = 10 * 1024 * 1024;
const LOG_CHECK_MS = 10_000;
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

/** Starts the server process and its guard; it is not ready yet. `logStart` is where its part of the log begins. */
export function spawnServer({ binaries, identity, place, settings }) {
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

/** Stops a server that outlived its exit137, and clears a postmaster.pid that would block the next one. */
export async function stopOrphan(data, log) {
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
