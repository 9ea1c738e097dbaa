import type { Timeline } from '../model/timeline';
import type { HostLine, LineStyle } from './host-log';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const KERNEL_FACILITY = 0;
const DAEMON_FACILITY = 3;

/** A line as its host's syslog writes it into a file, without its end. */
export function fileLine(timeline: Timeline, line: HostLine): string {
  if (line.host.format === 'rfc5424') return rfc5424Line(timeline, line);
  const stamp = stampOf(timeline, line);
  const time = line.host.format === 'classic' ? classicTime(stamp) : isoMicros(stamp).replace('Z', '+00:00');
  const pid = line.pid === null ? '' : `[${line.pid}]`;
  return `${time} ${line.host.logName} ${line.program}${pid}: ${textOf(line, stamp)}`;
}

/** A line as it goes over the wire by RFC 5424. */
export function rfc5424Line(timeline: Timeline, line: HostLine): string {
  const stamp = stampOf(timeline, line);
  const facility = line.program === 'kernel' ? KERNEL_FACILITY : DAEMON_FACILITY;
  const head = `<${facility * 8 + line.severity}>1 ${isoMicros(stamp)} ${line.host.logName}`;
  return `${head} ${line.program} ${line.pid ?? '-'} - - ${textOf(line, stamp)}`;
}

/** What the host's own clock read. */
export function stampOf(timeline: Timeline, { at, host }: Pick<HostLine, 'at' | 'host'>): number {
  return timeline.stampOf(at) + host.skewSeconds;
}

function textOf(line: HostLine, stamp: number): string {
  return headOf(line, line.style, stamp) + line.text + tailOf(line.style);
}

function headOf({ host, at }: HostLine, style: LineStyle, stamp: number): string {
  switch (style.kind) {
    case 'plain':
      return '';
    case 'kernel': {
      if (!host.printsUptime) return '';
      const uptime = (at - host.bootedAt).toFixed(6);
      return `[${uptime.padStart(12)}] `;
    }
    case 'glog': {
      const iso = isoMicros(stamp);
      const day = iso.slice(5, 10).replace('-', '');
      const thread = host.agentPid + 7 + (Math.floor(at * 10) % 16);
      return `${style.level}${day} ${iso.slice(11, 26)} ${String(thread).padStart(5)} ${style.site}] `;
    }
    case 'logrus':
      return `time="${isoMicros(stamp).replace('Z', '123Z')}" level=${style.level} msg="`;
  }
}

function tailOf(style: LineStyle): string {
  if (style.kind !== 'logrus') return '';
  const fields = Object.entries(style.fields ?? {}).map(([name, value]) =>
    /^[\w./-]+$/.test(value) ? ` ${name}=${value}` : ` ${name}=${JSON.stringify(value)}`,
  );
  return `"${fields.join('')}`;
}

/** ISO 8601 in UTC with six decimals, which `Date` does not have. */
function isoMicros(stamp: number): string {
  let seconds = Math.floor(stamp);
  let micros = Math.round((stamp - seconds) * 1e6);
  if (micros === 1e6) {
    seconds += 1;
    micros = 0;
  }
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`;
}

function classicTime(stamp: number): string {
  const date = new Date(Math.floor(stamp) * 1000);
  const day = String(date.getUTCDate()).padStart(2);
  return `${MONTHS[date.getUTCMonth()]} ${day} ${date.toISOString().slice(11, 19)}`;
}
