/** A line of a log with its prefix understood. Null: the line does not tell it. */
export type LogLine = {
  /** As read, at most 8 KiB; lines that were joined again are parted by `\n`. */
  raw: string;
  /** As printed. */
  host: string | null;
  at: Date | null;
  /** Seconds since boot, from a `[12345.678901]` stamp. */
  uptimeSeconds: number | null;
  /** `kernel`, `dockerd`, `mesos-slave`: the syslog tag, not the process of the message. */
  program: string | null;
  pid: number | null;
  /** What follows the prefix, without terminal colours and control characters. */
  message: string;
};
