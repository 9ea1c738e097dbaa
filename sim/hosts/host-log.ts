import { createEventQueue } from '../model/event-queue';
import type { Host } from './host';

/** What stands before a line's text: nothing, the kernel's uptime, a glog head of the Mesos agent, or Docker's fields. */
export type LineStyle =
  | { kind: 'plain' }
  | { kind: 'kernel' }
  | { kind: 'glog'; level: 'I' | 'W' | 'E'; site: string }
  | { kind: 'logrus'; level: 'info' | 'warning' | 'error'; fields?: Record<string, string> };

export type HostLine = {
  host: Host;
  /** Model second. */
  at: number;
  program: string;
  pid: number | null;
  /** Syslog severity: 3 error, 4 warning, 6 information. */
  severity: number;
  style: LineStyle;
  text: string;
};

/** `number` counts all lines since the cluster was switched on, from 1: the same line has the same number each time the past is told. */
export type LineListener = (line: HostLine, number: number) => void;

/** The logs of all hosts, in the order of their times. */
export type HostLog = {
  /** At most LATE_SECONDS in the past, or any time in the future. */
  write(line: HostLine): void;
  /** Hands on what nothing can come before any more: lines older than LATE_SECONDS at `now`. */
  settle(now: number): void;
  listener: LineListener | null;
  /** The newest KEPT_LINES, oldest first. */
  readonly recent: readonly HostLine[];
  readonly count: number;
};

/** How long before the event that tells it a line may be dated: a kernel kill comes before the status that follows. */
export const LATE_SECONDS = 1;
const KEPT_LINES = 60_000;

export function createHostLog(): HostLog {
  const queue = createEventQueue();
  let recent: HostLine[] = [];
  let count = 0;
  const log: HostLog = {
    listener: null,
    get recent() {
      return recent;
    },
    get count() {
      return count;
    },
    write(line) {
      queue.schedule(line.at, () => {
        count += 1;
        recent.push(line);
        // Not at each line: shifting an array of that size is dear.
        if (recent.length > KEPT_LINES * 1.25) recent = recent.slice(-KEPT_LINES);
        log.listener?.(line, count);
      });
    },
    settle(now) {
      const until = now - LATE_SECONDS;
      for (let due = queue.takeDue(until); due !== null; due = queue.takeDue(until)) due.action();
    },
  };
  return log;
}
