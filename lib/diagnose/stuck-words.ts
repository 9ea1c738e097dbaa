import type { LogSignal } from '@/lib/domain/log-signal';

// After SIGTERM comes SIGKILL, and Docker says so: that is no trouble. These words are: SIGKILL did not work either.
const STUCK_WORDS =
  /of kill\b|trying direct SIGKILL|of signal 9\b|container kill failed|did not receive an exit event|failed to stop after sending SIGKILL|tried to kill container|cannot kill container|PID \d{1,10} is zombie/i;

/**
 * True where a signal says that a container outlived its kill, not merely its SIGTERM. Sources: moby's
 * `daemon/kill.go` and `daemon/stop.go`, 1.x to 27. Linear; at most 50 lines are looked at.
 */
export function saysStuck(signal: LogSignal): boolean {
  return (
    signal.signature === 'mesos_kill_ignored' ||
    signal.lines.slice(0, 50).some((line) => STUCK_WORDS.test(line.slice(0, 1000)))
  );
}
