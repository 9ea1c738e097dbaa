import type { LogFact } from '@/lib/domain/log-signal';
import type { LogLine } from './log-line';
import { newSignal } from './new-signal';
import type { LineParser } from './source-parser';

const MAX_LOOKED = 2_048;

/**
 * Signs of a sick host that neither the kernel nor Docker writes: smartd's of a dying disk, abrt's and
 * systemd-coredump's of a crash, systemd's of Docker and containerd starting (again). Texts as
 * node-problem-detector's rules know them; smartd.cpp of smartmontools.
 */
export const hostSignsParser: LineParser = {
  needles: [
    'Starting Docker Application Container Engine',
    'Starting containerd container runtime',
    'Currently unreadable',
    'ffline uncorrectable',
    'SMART self-check',
    'SMART Prefailure',
    'SMART Usage',
    'SMART usage',
    'SMART Failure',
    'SMART overall-health',
    'ATA error count increased',
    'Self-Test Log error count',
    ', Critical Warning (0x',
    ') crashed in ',
    ' dumped core',
    ' dumping core',
    ' - ignoring (',
    'detected unhandled ',
  ],
  parse: parseHostSigns,
};

function parseHostSigns(line: LogLine): LogFact[] {
  const text = line.message.slice(0, MAX_LOOKED);
  const signal = restart(line, text) ?? badDisk(line, text) ?? crash(line, text);
  return signal ? [{ signal }] : [];
}

const RESTART = /\bStarting (?:Docker Application Container Engine|containerd container runtime)\b/;

function restart(line: LogLine, text: string) {
  return RESTART.test(text) ? newSignal('docker_restart', 'other', line) : null;
}

/** Of NVMe's warnings bit 1 alone is heat, no fault of the disk. */
const BAD_DISK =
  /\b[1-9]\d{0,9} Currently unreadable \(pending\) sectors|(?<!\b(?:0|[nN]o more) )\bCurrently unreadable\b[^\n]{0,40} sectors|\b[1-9]\d{0,9} [oO]ffline uncorrectable sectors|FAILED SMART self-check|\bSMART (?:Prefailure|Usage) Attribute[^\n]{0,80}FAILING_NOW|\bFailed SMART usage Attribute|\bSMART Failure: |SMART overall-health[^\n]{0,60}FAILED|\bATA error count increased from|\bSelf-Test Log error count increased\b|\bDevice: \S{1,64}, Critical Warning \(0x(?!0[02]\))/;
const DEVICE = /\bDevice: \/dev\/([\w/-]{1,64})/;

function badDisk(line: LogLine, text: string) {
  return BAD_DISK.test(text)
    ? newSignal('bad_disk', 'other', line, { device: DEVICE.exec(text)?.[1] ?? null })
    : null;
}

/** abrt: `Process 1234 (/usr/bin/x) crashed in f()`; abrt-hook-ccpp, systemd-coredump: `… of user 0 … dumped core`. */
const CRASH =
  /\bProcess (\d{1,10}) \(([^)\n]{1,255})\) (?:crashed in |of user \d{1,10} (?:killed by SIG[A-Z]{2,6} - (?:dumping core|ignoring)|dumped core))/;
const UNHANDLED = /\bdetected unhandled \w{1,20} exception in '([^'\n]{1,255})'/;

function crash(line: LogLine, text: string) {
  const [, pid, path] = CRASH.exec(text) ?? [];
  if (pid !== undefined && path !== undefined)
    return newSignal('process_crash', 'other', line, { killedPid: Number(pid), killedComm: nameOf(path) });
  const script = UNHANDLED.exec(text)?.[1];
  return script === undefined
    ? null
    : newSignal('process_crash', 'other', line, { killedComm: nameOf(script) });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}
