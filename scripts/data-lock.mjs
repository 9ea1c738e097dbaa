import { randomUUID } from 'node:crypto';
import {
  closeSync,
  futimesSync,
  linkSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { processState } from './process-state.mjs';

/** How often the holder touches its lock, and how long a stranger watches a lock it cannot judge by pid. */
const HEARTBEAT_MS = 2_000;
const WATCH_MS = 7_000;

/**
 * Makes this process the only exit137 on `dataDir`, by `dataDir/exit137.lock` (JSON: pid, start, machine).
 * A lock whose process is gone is taken over. A lock written on another machine or in another container
 * (a shared volume) cannot be judged by its pid: it is watched for seven seconds and is stale when its
 * holder does not touch it.
 *
 * @param {string} dataDir an existing folder
 * @param {{ watchMs?: number }} [options]
 * @returns {Promise<{ release(): void }>}
 * @throws {Error} naming the pid of the living holder and the cure
 */
export async function lockDataDir(dataDir, { watchMs = WATCH_MS } = {}) {
  const path = join(dataDir, 'exit137.lock');
  const own = {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    processStart: processState(process.pid)?.startTime ?? '',
    machine: machine(),
    nonce: randomUUID(),
  };
  for (let attempt = 0; attempt < 5; attempt++) {
    if (create(path, own)) return hold(path, own);
    const found = read(path);
    if (found === null) continue;
    if (await isLive(path, found, watchMs)) throw inUse(dataDir, found);
    removeStale(path, found);
  }
  throw new Error(`Could not take ${path}: others take it at the same time. Start again.`);
}

/** This machine, this boot, this process namespace: only within all three does a pid mean something. */
function machine() {
  const quietly = (/** @type {() => string} */ readIt) => {
    try {
      return readIt().trim();
    } catch {
      return '';
    }
  };
  return {
    host: hostname(),
    boot: quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pidNamespace: quietly(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Writes beside and links: the lock appears whole or not at all, and never over another. */
function create(path, own) {
  const draft = `${path}.${own.nonce}`;
  writeFileSync(draft, `${JSON.stringify(own, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Null when there is none. A lock that is no JSON was written by nobody we know and has no holder. */
function read(path) {
  try {
    const text = readFileSync(path, 'utf8');
    try {
      return { ...JSON.parse(text), text };
    } catch {
      return { text };
    }
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

async function isLive(path, found, watchMs) {
  const here = machine();
  const there = found.machine;
  if (there === undefined) return false;
  // A host that booted since has none of its old processes.
  if (there.host === here.host && there.boot !== here.boot) return false;
  if (there.boot === here.boot && there.pidNamespace === here.pidNamespace) {
    return processState(found.pid)?.startTime === found.processStart;
  }
  return await isTouched(path, watchMs);
}

async function isTouched(path, watchMs) {
  const touchedAt = () => statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  const first = touchedAt();
  const deadline = Date.now() + watchMs;
  while (Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = touchedAt();
    if (now !== undefined && now !== first) return true;
  }
  return false;
}

function inUse(dataDir, found) {
  const since = found.startedAt ? `, since ${found.startedAt}` : '';
  const where = found.machine.host === hostname() ? '' : ` on ${found.machine.host}`;
  return Object.assign(
    new Error(
      `exit137 already runs on ${dataDir} (pid ${found.pid}${where}${since}). ` +
        'Stop that one, or give this one a folder of its own with DATA_DIR.',
    ),
    { code: 'EXIT137_DATA_DIR_IN_USE' },
  );
}

/** Moves it aside first: of two takers only one gets the file, and sees whether it is the one it judged. */
function removeStale(path, found) {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (read(aside)?.text !== found.text) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function hold(path, own) {
  const file = openSync(path, 'r+');
  const heartbeat = setInterval(() => futimesSync(file, new Date(), new Date()), HEARTBEAT_MS);
  heartbeat.unref();
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      clearInterval(heartbeat);
      closeSync(file);
      if (read(path)?.nonce === own.nonce) rmSync(path, { force: true });
    },
  };
}
