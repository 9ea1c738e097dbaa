import { sanitize } from './sanitize';
import type { TaskEnd } from './task-end';

type Kind = 'plain' | 'text' | 'time' | 'json';

/** Every field of a task end, and how it is written. One that is left out would be lost: the type names them all. */
const KINDS = {
  clusterId: 'plain',
  id: 'plain',
  finishedAt: 'time',
  finishedAtKnown: 'plain',
  startedAt: 'time',
  firstStatusAt: 'time',
  frameworkId: 'text',
  taskId: 'text',
  agentId: 'text',
  executorId: 'text',
  name: 'text',
  frameworkName: 'text',
  hostname: 'text',
  host: 'text',
  appId: 'text',
  appVersion: 'text',
  state: 'plain',
  reason: 'text',
  source: 'text',
  message: 'text',
  messageSource: 'plain',
  healthy: 'plain',
  image: 'text',
  containerizer: 'text',
  containerId: 'text',
  cpus: 'plain',
  memMb: 'plain',
  diskMb: 'plain',
  gpus: 'plain',
  labels: 'json',
  statuses: 'json',
  cause: 'plain',
  disposition: 'plain',
  proof: 'plain',
  exitCode: 'plain',
  signal: 'text',
  summary: 'text',
  because: 'json',
  advice: 'json',
  ruleId: 'plain',
  fingerprint: 'plain',
  deploymentId: 'text',
  reopenedAt: 'time',
  observedAt: 'time',
  revisedAt: 'time',
  revision: 'plain',
} satisfies Record<keyof TaskEnd, Kind>;

/** Fields of a task end, in the order in which its columns are written. */
export const END_FIELDS = Object.keys(KINDS) as (keyof TaskEnd)[];

/** Their columns: `finishedAtKnown` is `finished_at_known`. */
export const END_COLUMNS = END_FIELDS.map(toColumn).join(', ');

export function toColumn(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const FIELD_COLUMNS = END_FIELDS.map((name) => [name, toColumn(name)] as const);
const FIELD_KINDS = END_FIELDS.map((name) => [name, KINDS[name]] as const);

/** A line of COPY's text format, with its line feed. What Postgres cannot hold is replaced as `sanitize` does. */
export function copyLine(end: TaskEnd): string {
  let line = '';
  for (const [name, kind] of FIELD_KINDS) {
    const value = end[name];
    if (line !== '') line += '\t';
    if (value === null) line += '\\N';
    else if (kind === 'text') line += escaped(sanitize(String(value)));
    else if (kind === 'json') line += escaped(jsonOf(value));
    else line += value instanceof Date ? value.toISOString() : String(value);
  }
  return `${line}\n`;
}

/** The same as a JSON object by column names, for json_populate_recordset. */
export function jsonRow(end: TaskEnd): string {
  return jsonOf(Object.fromEntries(FIELD_COLUMNS.map(([name, column]) => [column, end[name]])));
}

function jsonOf(value: unknown): string {
  const json = JSON.stringify(value);
  // A NUL or half a surrogate pair, which jsonb refuses, or a text that looks like one.
  return json.includes('\\u') ? JSON.stringify(sanitize(value)) : json;
}

function escaped(text: string): string {
  if (!/[\\\n\r\t]/.test(text)) return text;
  return text.replace(/[\\\n\r\t]/g, (char) => ESCAPES[char] ?? char);
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
