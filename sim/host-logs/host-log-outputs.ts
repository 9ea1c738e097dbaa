import { fileLine, rfc5424Line } from '../hosts/format-line';
import type { HostLine, LineListener } from '../hosts/host-log';
import type { Simulation } from '../simulation';
import { type LogFile, openLogFile } from './log-file';
import { createSyslogSender, type SyslogSender } from './syslog-sender';

export type HostLogOptions = {
  /** File to append to; null: none. */
  hostLogFile: string | null;
  /** Where to send what happens from now on, RFC 5424 over TCP; null: nowhere. */
  syslog: { host: string; port: number } | null;
  /** False: a new cluster's invented past is not written into the file. */
  hostLogPast: boolean;
};

export type HostLogOutputs = {
  /** To be given every line from the first one on; null: nobody wants any. */
  listener: LineListener | null;
  /** Once the past is told. From here on the model goes on by itself. */
  start(simulation: Simulation): void;
  stop(): void;
};

const FLUSH_MS = 400;

/** Carries the hosts' lines to where people and programs read them. */
export function createHostLogOutputs(options: HostLogOptions): HostLogOutputs {
  const { hostLogFile, syslog, hostLogPast } = options;
  if (hostLogFile === null && syslog === null) return { listener: null, start() {}, stop() {} };
  let past: { line: HostLine; number: number }[] | null = [];
  let file: LogFile | null = null;
  let sender: SyslogSender | null = null;
  let timer: NodeJS.Timeout | undefined;
  let simulation: Simulation | null = null;

  function toFile(line: HostLine, number: number): void {
    if (simulation !== null) file?.take(fileLine(simulation.world.timeline, line), number);
  }

  function flush(): void {
    if (simulation === null) return;
    const position = file?.flush() ?? null;
    if (position === null) return;
    simulation.epoch.hostLog = position;
    simulation.save();
  }

  return {
    listener(line, number) {
      // Where the past ends is known only when it is told.
      if (past !== null) {
        if (hostLogFile !== null) past.push({ line, number });
        return;
      }
      toFile(line, number);
      if (simulation !== null) sender?.send(rfc5424Line(simulation.world.timeline, line));
    },
    start(started) {
      simulation = started;
      const told = past ?? [];
      past = null;
      if (hostLogFile !== null) {
        const { hostLog, presentAt } = started.epoch;
        file = openLogFile(hostLogFile, hostLog);
        const from = hostLog === null && !hostLogPast ? presentAt : Number.NEGATIVE_INFINITY;
        for (const { line, number } of told) if (line.at >= from) toFile(line, number);
        flush();
      }
      if (syslog !== null) sender = createSyslogSender(syslog.host, syslog.port);
      timer = setInterval(() => {
        started.catchUp();
        flush();
      }, FLUSH_MS);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
      flush();
      sender?.stop();
    },
  };
}
