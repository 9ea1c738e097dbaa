import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this process in the lease: `host|pid|random|machine`. `machine` tells apart what shares a host name but not
 * its processes: containers of one machine, machines of one image, a machine before and after its restart.
 */
export function newHolder(): string {
  return [hostname(), process.pid, randomBytes(4).toString('hex'), machine()].join('|');
}

/** Whether `holder` was a process that `me` could see, and no longer runs. False where that cannot be known. */
export function isGone(holder: string, me: string): boolean {
  const [host, pid, , machineOfHolder] = holder.split('|');
  const [myHost, , , myMachine] = me.split('|');
  if (holder === me || host !== myHost || machineOfHolder !== myMachine || !pid) return false;
  return !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return true; // Groups, or nothing we wrote.
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}

/** The boot and the pid namespace, as Linux tells them; elsewhere empty, and the host name must do. */
function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const processes = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(`${boot} ${processes}`).digest('hex').slice(0, 8);
  } catch {
    return '';
  }
}
