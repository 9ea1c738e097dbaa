import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What the system says of a process: `startTime` tells two processes apart that had the same pid one after
 * the other, `command` is its command line. Null when it is gone or only a zombie: `kill(pid, 0)` calls a
 * zombie alive, and nobody may ever reap it where process 1 is no init.
 *
 * @param {number} pid
 * @returns {{ startTime: string, command: string } | null}
 */
export function processState(pid) {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** @param {number} pid */
function fromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything, so the fields count from the last ')'; see proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { startTime: fields[19] ?? '', command };
  } catch {
    return null;
  }
}

/** @param {number} pid */
function fromPs(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=,command=', '-p', String(pid)], {
    encoding: 'utf8',
  });
  // For example `Ss   Tue Nov 25 01:02:03 2026     /path/postgres -D …`.
  const found = /^\s*(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/m.exec(stdout ?? '');
  if (!found || found[1]?.startsWith('Z')) return null;
  return { startTime: found[2] ?? '', command: found[3] ?? '' };
}

/**
 * Waits until the process is gone (a zombie is gone), at most `timeoutMs`.
 *
 * @param {number} pid
 * @param {number} timeoutMs
 * @returns {Promise<boolean>} whether it is gone
 */
export async function processGone(pid, timeoutMs) {
  const startTime = processState(pid)?.startTime;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const state = processState(pid);
    if (state === null || state.startTime !== startTime) return true;
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
