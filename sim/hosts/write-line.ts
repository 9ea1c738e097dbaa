import type { World } from '../model/world';
import type { Host } from './host';

/** Who writes into a host's log at a model second. */
export type Pen = { world: World; host: Host; at: number };

const MICROSECOND = 1e-6;

/** A block of kernel lines, some microseconds apart. */
export function kernelLines({ world, host, at }: Pen, lines: readonly string[], severity = 4): void {
  lines.forEach((text, index) => {
    world.hostLog.write({
      host,
      at: at + index * 11 * MICROSECOND,
      program: 'kernel',
      pid: null,
      severity,
      style: { kind: 'kernel' },
      text,
    });
  });
}

export function agentLine(
  { world, host, at }: Pen,
  site: string,
  text: string,
  level: 'I' | 'W' | 'E' = 'I',
): void {
  world.hostLog.write({
    host,
    at,
    program: host.agentProgram,
    pid: host.agentPid,
    severity: level === 'I' ? 6 : level === 'W' ? 4 : 3,
    style: { kind: 'glog', level, site },
    text,
  });
}

/** Lines that follow the first of a glog message, which carry no head. */
export function agentContinuation({ world, host, at }: Pen, texts: readonly string[]): void {
  texts.forEach((text, index) => {
    world.hostLog.write({
      host,
      at: at + index * MICROSECOND,
      program: host.agentProgram,
      pid: host.agentPid,
      severity: 6,
      style: { kind: 'plain' },
      text,
    });
  });
}

export function dockerLine(
  { world, host, at }: Pen,
  level: 'info' | 'warning' | 'error',
  text: string,
  fields: Record<string, string> = {},
): void {
  world.hostLog.write({
    host,
    at,
    program: 'dockerd',
    pid: host.dockerPid,
    severity: level === 'error' ? 3 : level === 'warning' ? 4 : 6,
    style: { kind: 'logrus', level, fields },
    // The whole message is quoted by the logger.
    text: text.replaceAll('\\', '\\\\').replaceAll('"', '\\"'),
  });
}

export function plainLine({ world, host, at }: Pen, program: string, pid: number | null, text: string): void {
  world.hostLog.write({ host, at, program, pid, severity: 6, style: { kind: 'plain' }, text });
}
