import type { LogLine } from './log-line';
import { isoInstant, milliseconds, monthOf, parseIso, wallTime, type ZoneClock, zoneClock } from './log-time';
import { unwrapRecord } from './record-wrapper';

/** Of a line, this much is looked at. */
export const MAX_LINE_LENGTH = 8_192;

export type PrefixOptions = {
  /** The year of stamps that tell none is taken from it. */
  receivedAt: Date;
  /** IANA, for stamps without a zone. */
  timeZone: string;
  /** Of lines that name none. */
  host: string | null;
};

export type LineReader = (raw: string) => LogLine;

type Understood = Omit<LogLine, 'raw'>;

/** What was read so far; `pos` is where the rest begins, `names` whether a host and program may follow. */
type Reading = {
  text: string;
  pos: number;
  host: string | null;
  at: Date | null;
  uptimeSeconds: number | null;
  program: string | null;
  pid: number | null;
  /** The stamp read last is of a kind that a host and a program follow; of the classic kind, a host always does. */
  stamp: 'none' | 'bare' | 'named' | 'classic';
};

const WRAPPERS_DEEP = 3;
const STEPS = 10;

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const ESCAPES =
  /\u001b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|\][^\u0007\u001b]{0,256}(?:\u0007|\u001b\\)|[@-Z\\^_])/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
const HAS_CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above.

const PRIORITY = /<\d{1,3}>/y;
/** `1 2020-05-14T23:17:24.003Z host app procid msgid [structured data] message` (RFC 5424). */
const RFC5424 = /1 (\S{1,40}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (?=-|\[)/y;
/** `Sep  8 10:00:00`, `Sep  8 2017 10:00:00`, `Sep  8 10:00:00.123456`. */
const CLASSIC =
  /([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?:?(?= |$)/y;
const ISO =
  /\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,:](\d{1,9}))?( ?Z| ?UTC| ?GMT| ?[+-]\d\d:?\d\d)?\]?:?(?=[\s|]|$)/y;
/** `[Thu May 14 23:17:24 2020]` of `dmesg -T`, in any locale. */
const DMESG_DATE =
  /\[?([^\s[\]:]{1,16}) {1,3}([^\s[\]:]{1,16}) {1,3}(\d{1,2}) (\d\d):(\d\d):(\d\d) (?:[A-Z]{3,4} )?(\d{4})\]?:?(?=\s|$)/y;
/** `Thu 2020-05-14 23:17:24 UTC` of `journalctl -o short-full`: the weekday is dropped, the rest is ISO. */
const WEEKDAY = /[A-Z][a-z]{2},? (?=\d{4}-\d\d-\d\d )/y;
const EPOCH = /(\d{10})(?:\.(\d{1,9}))?(?= )/y;
/** `6,1234,5662970129,-;text` of /dev/kmsg and netconsole: the third is microseconds since boot. */
const KMSG = /\d{1,4},\d{1,20},(\d{1,15}),[^;\s]{0,64};/y;
const UPTIME = /\[ {0,12}(\d{1,9})\.(\d{1,9})\]/y;
/** printk's caller id, `[ T1054]` a thread, `[    C3]` a processor. */
const CALLER = / ?\[ {0,8}[TC]\d{1,10}\]/y;
/** `[May14 23:17]`, `[  +0.000012]` of `dmesg -H`: no time that one line could tell. */
const RELATIVE = /\[ {0,8}(?:\+\d{1,9}\.\d{1,9}|[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d)\]/y;
/** `kern  :err   :` of `dmesg -x`, `kern.warn` of busybox. */
const FACILITY =
  /(?:kern|user|daemon|auth|syslog) {0,4}(?::(?:emerg|alert|crit|err|warn|notice|info|debug) {0,4}: |\.(?:emerg|alert|crit|err|warn|notice|info|debug) (?=\S))/y;
/** `stdout F ` of the Kubernetes container runtimes. */
const CRI = /(?:stdout|stderr) [FP](?: |$)/y;
/** Columns of macOS's `log show`. */
const MACOS = /0x[0-9a-f]{1,16} +[A-Z][a-z]{1,16} +0x[0-9a-f]{1,16} +\d{1,10} +\d{1,10} +/y;
/** glog: `I0630 15:47:18.528388 641881 slave.cpp:1372] `, with a year since glog 0.5. */
const GLOG =
  /[IWEF](\d{4})?(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{1,6}) +(\d{1,10}) [\w.+-]{1,64}:\d{1,6}\] ?/y;
const LOGFMT_TIME = /(?:time|ts)="?(\d{4}-\d\d-\d\dT[0-9:.]{8,18}(?:Z|[+-]\d\d:\d\d))"?(?= |$)/y;
const PROGRAM = /([^\s:[\]]{1,128})(?:\[(\d{1,10})?[^\]\s]{0,32}\])?:(?= |$|\[)/y;
const HOST_THEN_PROGRAM =
  /(\S{0,254}[^\s:]) +(?=[^\s:[\]]{1,128}(?:\[[^\]\s]{0,32}\])?:(?: |$|\[)|\[ {0,12}\d{1,9}\.\d)/y;
const HOST = /(\S{0,254}[^\s:])(?= |$)/y;
const HOST_THEN_KERNEL = /(\S{1,255}) +(?=kernel:(?: |$|\[))/y;
/** What `grep` prints before a line: file, line number, or both. */
const GREP_FILE = /([\w./@+-]{1,300}):(?:\d{1,9}:)?(?=[A-Z[<{\d])/y;
const LINE_NUMBER = /\d{1,9}[:-](?=[A-Z[<])/y;
const QUOTED = /(?:> ?){1,4}/y;

/** Beginnings of messages that look like a host or a program before a message. */
const NO_NAME = new Set(
  (
    'unregister_netdevice watchdog INFO BUG oom-kill oom_reaper XFS EXT4-fs EXT3-fs EXT2-fs BTRFS JBD2 EDAC mce MCE NMI ' +
    'memory memory+swap swap kmem CPU PID Pid Oops Node cache task WARNING Tainted RIP Code Mem-Info ' +
    'blk_update_request print_req_error end_request SLUB rcu VFS traps device-mapper Task Out Memory Killed Kill ' +
    'Kernel kernel Buffer divide invalid stack double Internal general Unable oom_kill_process slab_out_of_memory'
  ).split(' '),
);
/** Programs that are believed where no stamp comes before them. */
const KNOWN_PROGRAM =
  /^(?:kernel|vmunix|dockerd?|docker-containerd|containerd|dockerd-current|mesos-(?:slave|agent|master)|systemd|journal|com\.docker\.[\w.-]{1,64})$/;
const COMM_OF_KERNEL_TEXT = /\S{1,64} (?:invoked oom-killer|cpuset=)|\S{1,64}\[\d{1,10}\]: segfault at/y;

/** Reads the prefixes of lines. Linear in the line; never throws. */
export function lineReader(options: PrefixOptions): LineReader {
  const clock = zoneClock(options.timeZone, options.receivedAt);
  return (raw) => {
    const cut = raw.length > MAX_LINE_LENGTH ? raw.slice(0, MAX_LINE_LENGTH) : raw;
    const { host, at, uptimeSeconds, program, pid, message } = readText(plainText(cut), clock, 0);
    return { raw: cut, host: host ?? options.host, at, uptimeSeconds, program, pid, message };
  };
}

/** One line, its prefix understood. For many lines make a `lineReader` once. */
export function parseLine(raw: string, options: PrefixOptions): LogLine {
  return lineReader(options)(raw);
}

function plainText(raw: string): string {
  if (!HAS_CONTROL.test(raw)) return raw;
  return raw.replace(ESCAPES, '').replace(CONTROLS, '');
}

function readText(text: string, clock: ZoneClock, deep: number): Understood {
  const { host, at, uptimeSeconds, program, pid, pos } = readPrefix(text, clock);
  const message = pos === 0 ? text : text.slice(pos);
  const outer = { host, at, uptimeSeconds, program, pid, message };
  const record = deep < WRAPPERS_DEEP ? unwrapRecord(message, clock) : null;
  if (!record) return outer;
  // The innermost stamp is the event's own; those around it are of readers and shippers.
  return within(within(outer, record), readText(record.message, clock, deep + 1));
}

function within(outer: Understood, inner: Understood): Understood {
  return {
    host: inner.host ?? outer.host,
    at: inner.at ?? outer.at,
    uptimeSeconds: inner.uptimeSeconds ?? outer.uptimeSeconds,
    program: inner.program ?? outer.program,
    pid: inner.pid ?? outer.pid,
    message: inner.message,
  };
}

function readPrefix(text: string, clock: ZoneClock): Reading {
  const nothing = { host: null, at: null, uptimeSeconds: null, program: null, pid: null };
  const reading: Reading = { text, pos: 0, ...nothing, stamp: 'none' };
  skipBlanks(reading);
  skip(reading, QUOTED);
  if (!skipGrepFile(reading)) skip(reading, LINE_NUMBER);
  for (let step = 0; step < STEPS; step += 1) {
    skipBlanks(reading);
    if (!readPiece(reading, clock)) break;
  }
  const logfmt = match(reading, LOGFMT_TIME);
  if (logfmt) reading.at = parseIso(logfmt[1] ?? '', clock) ?? reading.at;
  return reading;
}

const LESS = 60;
const BRACKET = 91;
const ZERO = 48;
const NINE = 57;

/** Reads the next piece of a prefix, by how it begins. False: the message begins here. */
function readPiece(reading: Reading, clock: ZoneClock): boolean {
  const code = reading.text.charCodeAt(reading.pos);
  if (Number.isNaN(code)) return false;
  if (code === LESS && readPriority(reading, clock)) return true;
  if (code === BRACKET) return readBracket(reading, clock);
  if (code >= ZERO && code <= NINE && readDigits(reading, clock)) return true;
  return readWords(reading, clock);
}

function readPriority(reading: Reading, clock: ZoneClock): boolean {
  if (!skip(reading, PRIORITY)) return false;
  const header = skip(reading, RFC5424);
  if (!header) return true;
  const [, time = '-', host = '-', program = '-', pid = '-'] = header;
  reading.at = parseIso(time, clock);
  if (host !== '-') reading.host = host;
  reading.program = program === '-' ? reading.program : program.replace(/:$/, '');
  if (/^\d{1,10}$/.test(pid)) reading.pid = Number(pid);
  skipStructuredData(reading);
  return true;
}

/** `-` or `[id name="value" …][…]`, where `"`, `\` and `]` are escaped in values; then perhaps a byte order mark. */
function skipStructuredData(reading: Reading): void {
  const { text } = reading;
  if (text[reading.pos] === '-') reading.pos += 1;
  else while (text[reading.pos] === '[' && skipElement(reading));
  if (text.charCodeAt(reading.pos) === 32) reading.pos += 1;
  if (text.charCodeAt(reading.pos) === 0xfeff) reading.pos += 1;
}

function skipElement(reading: Reading): boolean {
  const { text, pos } = reading;
  let quoted = false;
  for (let at = pos + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\' && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === ']' && !quoted) {
      reading.pos = at + 1;
      return true;
    }
  }
  return false;
}

function readBracket(reading: Reading, clock: ZoneClock): boolean {
  const uptime = reading.uptimeSeconds === null ? skip(reading, UPTIME) : null;
  if (uptime) {
    reading.uptimeSeconds = Number(`${uptime[1]}.${uptime[2]}`);
    skip(reading, CALLER);
    reading.stamp = 'bare';
    return true;
  }
  if (skip(reading, CALLER) || skip(reading, RELATIVE)) return true;
  if (reading.at !== null) return false;
  return readDmesgDate(reading, clock) || readIso(reading, clock);
}

function readDigits(reading: Reading, clock: ZoneClock): boolean {
  if (reading.at === null) {
    if (readIso(reading, clock)) {
      skipBlanks(reading);
      if (!skip(reading, CRI)) skip(reading, MACOS);
      return true;
    }
    const epoch = skip(reading, EPOCH);
    if (epoch) {
      reading.at = new Date(Number(epoch[1]) * 1_000 + milliseconds(epoch[2]));
      reading.stamp = 'named';
      return true;
    }
  }
  const kmsg = reading.uptimeSeconds === null ? skip(reading, KMSG) : null;
  if (!kmsg) return false;
  reading.uptimeSeconds = Number(kmsg[1]) / 1e6;
  reading.program ??= 'kernel';
  return true;
}

function readWords(reading: Reading, clock: ZoneClock): boolean {
  if (readGlog(reading, clock)) return false;
  if (reading.at === null) {
    if (readClassic(reading, clock) || skip(reading, WEEKDAY) || readDmesgDate(reading, clock)) return true;
  }
  if (skip(reading, FACILITY)) return true;
  return reading.program === null && readNames(reading);
}

/**
 * Host and program, or either. Past a stamp of the kernel (`[ 5662.970129]`) comes its message, but for journald's
 * `host kernel:`; without a stamp only names that are known are believed.
 */
function readNames(reading: Reading): boolean {
  const kernel = reading.host === null ? skip(reading, HOST_THEN_KERNEL) : null;
  if (kernel) {
    reading.host = kernel[1] ?? null;
    return true;
  }
  if (match(reading, COMM_OF_KERNEL_TEXT)) return false;
  if (readProgram(reading)) return true;
  if (reading.host !== null || (reading.stamp !== 'named' && reading.stamp !== 'classic')) return false;
  const host =
    match(reading, HOST_THEN_PROGRAM) ?? (reading.stamp === 'classic' ? match(reading, HOST) : null);
  if (!host || NO_NAME.has(host[1] ?? '')) return false;
  reading.pos += host[0].length;
  reading.host = host[1] ?? null;
  return true;
}

function readProgram(reading: Reading): boolean {
  const found = match(reading, PROGRAM);
  const name = found?.[1] ?? '';
  if (!found) return false;
  const known = KNOWN_PROGRAM.test(name);
  if (!known && (NO_NAME.has(name) || reading.stamp === 'none' || reading.stamp === 'bare')) return false;
  reading.pos += found[0].length;
  reading.program = name;
  if (found[2]) reading.pid = Number(found[2]);
  return true;
}

function readClassic(reading: Reading, clock: ZoneClock): boolean {
  const found = match(reading, CLASSIC);
  const month = found ? monthOf(found[1] ?? '') : null;
  if (!found || month === null) return false;
  const [, , day, year, hour, minute, second, fraction] = found;
  reading.at = clock.toInstant(wallTime({ year, month, day, hour, minute, second, fraction }));
  reading.pos += found[0].length;
  reading.stamp = 'classic';
  return true;
}

function readDmesgDate(reading: Reading, clock: ZoneClock): boolean {
  const found = skip(reading, DMESG_DATE);
  if (!found) return false;
  const [whole, , name = '', day, hour, minute, second, year] = found;
  const month = monthOf(name);
  if (month !== null) reading.at = clock.toInstant(wallTime({ year, month, day, hour, minute, second }));
  reading.stamp = whole.startsWith('[') ? 'bare' : 'named';
  return true;
}

function readIso(reading: Reading, clock: ZoneClock): boolean {
  const found = skip(reading, ISO);
  if (!found) return false;
  reading.at = isoInstant(found, clock);
  reading.stamp = 'named';
  return true;
}

/** glog's time is finer than the stamp of syslog around it, and is taken where the two agree. */
function readGlog(reading: Reading, clock: ZoneClock): boolean {
  const found = skip(reading, GLOG);
  if (!found) return false;
  const [, year, month, day, hour, minute, second, fraction, thread] = found;
  const at = clock.toInstant(wallTime({ year, month: Number(month), day, hour, minute, second, fraction }));
  const around = reading.at;
  if (at && (around === null || Math.abs(at.getTime() - around.getTime()) < 2_000)) reading.at = at;
  reading.pid ??= Number(thread);
  return true;
}

function skipGrepFile(reading: Reading): boolean {
  const found = match(reading, GREP_FILE);
  const file = found?.[1] ?? '';
  if (!found || !(file.includes('/') || file.endsWith('.log') || /^(?:messages|syslog|kern)/.test(file)))
    return false;
  if (file === 'kernel') return false;
  reading.pos += found[0].length;
  return true;
}

function skipBlanks(reading: Reading): void {
  while (reading.text.charCodeAt(reading.pos) === 32) reading.pos += 1;
}

function match(reading: Reading, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reading.pos;
  return pattern.exec(reading.text);
}

function skip(reading: Reading, pattern: RegExp): RegExpExecArray | null {
  const found = match(reading, pattern);
  if (found) reading.pos += found[0].length;
  return found;
}
