import type { LogLine } from './log-line';
import { parseIso, type ZoneClock } from './log-time';

type Understood = Omit<LogLine, 'raw'>;
type Fields = Map<string, string | number>;

const MAX_FIELDS = 200;
const MAX_DEPTH = 3;

/**
 * Names of fields, in lower case, as journald, Docker, Vector, Fluent Bit, Fluentd, Filebeat, rsyslog, syslog-ng,
 * Graylog, Splunk, Loki and the large clouds write them; the first that is there counts.
 */
const MESSAGE = (
  'message log msg short_message full_message line event textpayload jsonpayload.message text body log.message ' +
  'event.original message.message'
).split(' ');
const HOST = (
  '_hostname host hostname host.name host.hostname fromhost source_host logsource syslog.hostname kubernetes.host ' +
  'kubernetes.node_name node node_name nodename agent.hostname beat.hostname computer instance'
).split(' ');
const TIME =
  '_source_realtime_timestamp __realtime_timestamp time timestamp @timestamp date timereported isodate ts eventtime'.split(
    ' ',
  );
const PROGRAM = [
  ...'syslog_identifier appname app_name programname program ident syslogtag syslog.appname'.split(' '),
  ...['process.name', 'tag', '_comm'],
];
const PID = ['syslog_pid', 'procid', '_pid', 'pid', 'process.pid'];

/**
 * The line within a JSON record: journald's export, Docker's and other shippers' wrappers. Null: the text is no such
 * record. A record that was cut gives at least its message. Never throws.
 */
export function unwrapRecord(text: string, clock: ZoneClock): Understood | null {
  const start = text.startsWith('@cee:') ? text.indexOf('{') : 0;
  const first = text.charCodeAt(start);
  if (first !== 123 && !(first === 91 && /^\[\d{9,}/.test(text))) return null;
  const fields = fieldsOf(text.slice(start));
  const message = pick(fields, MESSAGE);
  if (message === undefined) return null;
  return {
    host: name(pick(fields, HOST)),
    at: instant(pick(fields, TIME), clock),
    uptimeSeconds: uptime(fields),
    program: programOf(fields),
    pid: positive(pick(fields, PID)),
    message: withFields(String(message).replace(/\r?\n$/, ''), fields),
  };
}

function fieldsOf(text: string): Fields {
  const fields: Fields = new Map();
  const parsed = parseJson(text.replace(/,?\s*$/, ''));
  // Fluentd's and Fluent Bit's own form is [time, record].
  if (Array.isArray(parsed)) {
    flatten(parsed[1], '', 1, fields);
    if (typeof parsed[0] === 'number' && !fields.has('time')) fields.set('time', parsed[0]);
  } else if (parsed !== undefined) flatten(parsed, '', 1, fields);
  else addCutMessage(text, fields);
  return fields;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A record longer than what is looked at cannot be parsed, but its message may stand in the part that is. */
function addCutMessage(text: string, fields: Fields): void {
  const found = /"(?:message|MESSAGE|log|msg)" ?: ?("(?:[^"\\]|\\.){0,8000}")/.exec(text);
  const message = found ? parseJson(found[1] ?? '') : undefined;
  if (typeof message === 'string') fields.set('message', message);
}

function flatten(value: unknown, path: string, depth: number, fields: Fields): void {
  if (fields.size >= MAX_FIELDS) return;
  if (typeof value === 'string' || typeof value === 'number') {
    if (path !== '') fields.set(path, value);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    // journald writes a text that is not UTF-8, or holds control characters, as its bytes.
    if (value.length > 0 && value.every((byte) => typeof byte === 'number' && byte >= 0 && byte < 256)) {
      fields.set(path, new TextDecoder().decode(Uint8Array.from(value)));
    }
    return;
  }
  if (depth > MAX_DEPTH) return;
  for (const [key, inner] of Object.entries(value)) {
    const field = key.toLowerCase();
    flatten(inner, path === '' ? field : `${path}.${field}`, depth + 1, fields);
  }
}

function pick(fields: Fields, names: readonly string[]): string | number | undefined {
  for (const field of names) {
    const value = fields.get(field);
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

function name(value: string | number | undefined): string | null {
  return typeof value === 'string' && value !== '-' && value.length <= 255 ? value : null;
}

function programOf(fields: Fields): string | null {
  const program = name(pick(fields, PROGRAM));
  if (program === null) return fields.get('_transport') === 'kernel' ? 'kernel' : null;
  return program.replace(/(?:\[[^\]]{0,32}\])?:?$/, '');
}

function positive(value: string | number | undefined): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) && number > 0 ? number : null;
}

/** Fluent Bit's kmsg input gives `sec` and `usec`, journald microseconds, both since boot. */
function uptime(fields: Fields): number | null {
  const source = Number(fields.get('_source_monotonic_timestamp'));
  if (fields.get('_transport') === 'kernel' && Number.isFinite(source)) return source / 1e6;
  const seconds = fields.get('sec');
  const micros = fields.get('usec');
  if (typeof seconds !== 'number' || typeof micros !== 'number') return null;
  return seconds + micros / 1e6;
}

/** Numbers are seconds, milli-, micro- or nanoseconds since 1970, told apart by their size. */
function instant(value: string | number | undefined, clock: ZoneClock): Date | null {
  if (value === undefined) return null;
  const number = Number(value);
  if (!Number.isFinite(number)) return parseIso(String(value), clock);
  if (number < 1e8) return null;
  let ms = number * 1_000;
  for (const limit of [1e11, 1e14, 1e17]) if (number >= limit) ms /= 1_000;
  return ms < 2.5e14 ? new Date(Math.floor(ms)) : null;
}

/** A record of logrus (dockerd, containerd, kubelet in JSON) becomes the logfmt line that it stands for. */
function withFields(message: string, fields: Fields): string {
  if (!fields.has('msg') || !fields.has('level')) return message;
  const others = [...fields].filter(([field]) => field !== 'msg' && field !== 'time' && field !== 'level');
  const pairs = others.map(([field, value]) => `${field}=${JSON.stringify(value)}`);
  return [`level=${fields.get('level')}`, `msg=${JSON.stringify(message)}`, ...pairs]
    .join(' ')
    .slice(0, 8_192);
}
