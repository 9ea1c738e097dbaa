import { asRecord, type JsonRecord } from '@/lib/upstream/loose-json';
import { isSecretName, REDACTED, redactText } from '@/lib/upstream/redact';

const MAX_DEPTH = 24;
const MAX_JSON_BYTES = 64 * 1024;
// What Marathon adds to a definition to tell how it fares; it changes with every poll and is read elsewhere.
const NOT_DEFINITION = new Set([
  'tasks',
  'tasksStaged',
  'tasksRunning',
  'tasksHealthy',
  'tasksUnhealthy',
  'tasksStats',
  'taskStats',
  'deployments',
  'lastTaskFailure',
  'readinessCheckResults',
]);
const ENVIRONMENTS = new Set(['env', 'environment', 'secrets']);
// `--env KEY=value` of `docker run`, as container.docker.parameters writes it.
const ENV_PARAMETERS = new Set(['env', 'e']);

/**
 * An app or pod definition fit for storing: every environment value, secret, and value under a secret-looking
 * name replaced, obvious secrets inside other texts too, run-time figures left out. Null above 64 KiB of JSON.
 */
export function redactDefinition(definition: JsonRecord): JsonRecord | null {
  const kept = Object.entries(definition).filter(([key]) => !NOT_DEFINITION.has(key));
  const plain = Object.fromEntries(kept);
  // Far above the limit it will not come below it, and to redact megabytes would hold the event loop for a minute.
  if (textLength(plain, 0) > MAX_JSON_BYTES * 4) return null;
  const redacted = asRecord(redactedValue(plain, 0));
  if (redacted === null) return null;
  return Buffer.byteLength(JSON.stringify(redacted)) > MAX_JSON_BYTES ? null : redacted;
}

function redactedValue(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return REDACTED;
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return redactedList(value, depth);
  const record = asRecord(value);
  if (record === null) return value;
  if (isEnvParameter(record)) return { ...record, value: assignmentName(record.value) };
  return Object.fromEntries(
    Object.entries(record).map(([key, item]) => [key, redactedMember(key, item, depth)]),
  );
}

function redactedMember(key: string, value: unknown, depth: number): unknown {
  // As text it is something else, such as a label `environment: production`.
  const isStructure = typeof value === 'object' && value !== null;
  if (isStructure && ENVIRONMENTS.has(key)) return blanked(value);
  if (isSecretName(key)) return REDACTED;
  return redactedValue(value, depth + 1);
}

/** A list of arguments: the word behind a bare `--password` is the password. */
function redactedList(items: unknown[], depth: number): unknown[] {
  return items.map((item, index) => {
    const before = items[index - 1];
    const isBehindOption =
      typeof item === 'string' &&
      typeof before === 'string' &&
      /^--?[\w-]+$/.test(before) &&
      isSecretName(before);
    return isBehindOption ? REDACTED : redactedValue(item, depth + 1);
  });
}

/** Every value gone, the names kept: a map, or a list of `{ name, value }`. */
function blanked(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => {
      const record = asRecord(item);
      return record !== null && typeof record.name === 'string'
        ? { name: record.name, value: REDACTED }
        : REDACTED;
    });
  }
  return Object.fromEntries(Object.keys(asRecord(value) ?? {}).map((key) => [key, REDACTED]));
}

function isEnvParameter(record: JsonRecord): boolean {
  return typeof record.key === 'string' && ENV_PARAMETERS.has(record.key) && 'value' in record;
}

function assignmentName(value: unknown): string {
  const name = typeof value === 'string' ? /^([^=]{1,256})=/.exec(value)?.[1] : undefined;
  return name === undefined ? REDACTED : `${name}=${REDACTED}`;
}

/** Characters of all names and texts, as deep as they are looked at. */
function textLength(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return 1;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + key.length + textLength(item, depth + 1),
    0,
  );
}
