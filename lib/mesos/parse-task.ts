import {
  isEndState,
  isTaskState,
  type MesosTask,
  type TaskResources,
  type TaskState,
  type TaskStatus,
} from '@/lib/domain/task';
import {
  asArray,
  asBoolean,
  asId,
  asInstant,
  asJsonText,
  asNumber,
  asRecord,
  asText,
  type JsonRecord,
} from '@/lib/upstream/loose-json';
import { isSecretName, REDACTED, redactUrlLogins } from '@/lib/upstream/redact';

const MAX_STATUSES = 100;
const MAX_LABELS = 100;
const MAX_MESSAGE = 16 * 1024;
const MAX_NESTING = 8;

/** A task, or why it cannot be one: `state: unknown value "TASK_EXPLODED"`. */
export type ParsedTask = { task: MesosTask; why: null } | { task: null; why: string };

/**
 * Reads a task as /state, /tasks (bare ids, `slave_id`, resources as an object, labels as an array) or the
 * operator API (ids in `value`, `agent_id`, resources as an array, labels inside an object) writes it, 0.20 to
 * 1.11. Numbers may come as text. Odd parts (labels, resources, single statuses) are dropped; without id,
 * framework, agent or state it is no task.
 *
 * Bounds: 100 statuses (the first and the last 99), 100 labels, 16,384 characters of a message. Labels whose
 * key looks secret lose their value, and URLs in messages their login.
 */
export function parseTask(value: unknown, list: MesosTask['list']): ParsedTask {
  const raw = asRecord(value);
  if (raw === null) return refused('not an object');
  const taskId = idOf(raw.id ?? raw.task_id);
  if (taskId === null) return refused('id: missing or not an id');
  const frameworkId = idOf(raw.framework_id);
  if (frameworkId === null) return refused('framework_id: missing or not an id');
  const agentId = idOf(raw.slave_id ?? raw.agent_id);
  if (agentId === null) return refused('slave_id: missing or not an id');
  const statuses = parseStatuses(raw.statuses);
  const state = stateOf(raw.state, statuses);
  if (state === null) return refused(`state: ${described(raw.state)}`);
  const container = asRecord(raw.container);
  return {
    task: {
      frameworkId,
      taskId,
      agentId,
      executorId: idOf(raw.executor_id) ?? '',
      name: asText(raw.name) ?? '',
      state,
      statuses,
      resources: parseTaskResources(raw.resources),
      image: imageOf(container),
      containerizer: asText(container?.type, 32),
      labels: parseTaskLabels(raw.labels),
      list,
    },
    why: null,
  };
}

/** `cpus`, `mem`, `disk` and `gpus` of an object of numbers, or of a list of resources (same names add up). */
export function parseTaskResources(value: unknown): TaskResources {
  const byName = Array.isArray(value) ? scalarsByName(value) : asRecord(value);
  return {
    cpus: asNumber(byName?.cpus),
    memMb: asNumber(byName?.mem),
    diskMb: asNumber(byName?.disk),
    gpus: asNumber(byName?.gpus),
  };
}

function scalarsByName(resources: unknown[]): JsonRecord {
  const sums: Record<string, number> = {};
  for (const item of resources) {
    const resource = asRecord(item);
    const name = asText(resource?.name, 64);
    const scalar = asRecord(resource?.scalar);
    const amount = asNumber(scalar?.value);
    if (name !== null && amount !== null && name !== '__proto__') sums[name] = (sums[name] ?? 0) + amount;
  }
  return sums;
}

/** Labels in any shape seen; of a repeated key the last value counts. Null values become `''`. */
export function parseTaskLabels(value: unknown): Record<string, string> {
  const record = asRecord(value);
  const pairs = Array.isArray(value) ? value : record && Array.isArray(record.labels) ? record.labels : null;
  const entries: [string, unknown][] =
    pairs === null
      ? Object.entries(record ?? {})
      : pairs.map((item) => [asText(asRecord(item)?.key, 256) ?? '', asRecord(item)?.value]);
  const labels = new Map<string, string>();
  for (const [key, raw] of entries) {
    if (labels.size >= MAX_LABELS) break;
    const text = raw === undefined || raw === null ? '' : asText(typeof raw === 'number' ? String(raw) : raw);
    if (key === '' || text === null) continue;
    labels.set(asText(key, 256) ?? '', isSecretName(key) ? REDACTED : redactUrlLogins(text));
  }
  return Object.fromEntries(labels); // Defines even a key `__proto__` as a plain member.
}

function parseStatuses(value: unknown): TaskStatus[] {
  const all = asArray(value);
  const [first] = all;
  // The first tells when the task began, the last how it ended.
  const bounded = all.length > MAX_STATUSES ? [first, ...all.slice(1 - MAX_STATUSES)] : all;
  return bounded.flatMap((item) => {
    const raw = asRecord(item);
    const state = raw?.state;
    // An entry of a state nobody knows says nothing that could be used.
    if (raw === null || typeof state !== 'string' || !isTaskState(state)) return [];
    return [parseStatus(raw, state)];
  });
}

function parseStatus(raw: JsonRecord, state: TaskState): TaskStatus {
  const message = asText(raw.message, MAX_MESSAGE);
  return {
    state,
    at: asInstant(raw.timestamp),
    message: message === null || message === '' ? null : redactUrlLogins(message),
    reason: asText(raw.reason, 128) || null,
    source: asText(raw.source, 64) || null,
    healthy: asBoolean(raw.healthy),
    containerId: containerIdOf(asRecord(raw.container_status)?.container_id),
  };
}

/** `parent.child` of a nested container id; null beyond the length of one id, as it is the key of an index. */
function containerIdOf(value: unknown): string | null {
  const parts: string[] = [];
  let level = asRecord(value);
  while (level !== null && parts.length < MAX_NESTING) {
    const id = asId(level.value);
    if (id === null) break;
    parts.unshift(id);
    level = asRecord(level.parent);
  }
  return asId(parts.length === 0 ? value : parts.join('.'));
}

/** `state`; where it is missing, that of the last status if the task has ended by it. Null: not told or unknown. */
function stateOf(value: unknown, statuses: TaskStatus[]): TaskState | null {
  if (typeof value === 'string' && isTaskState(value)) return value;
  if (value !== undefined && value !== null) return null;
  const last = statuses.at(-1)?.state;
  return last !== undefined && isEndState(last) ? last : null;
}

function imageOf(container: JsonRecord | null): string | null {
  const docker = asRecord(container?.docker);
  const mesosImage = asRecord(asRecord(container?.mesos)?.image);
  const image = asText(docker?.image) ?? asText(asRecord(mesosImage?.docker)?.name);
  return image === null || image === '' ? null : image;
}

function idOf(value: unknown): string | null {
  const record = asRecord(value);
  return asId(record === null ? value : record.value);
}

function described(value: unknown): string {
  if (value === undefined || value === null) return 'missing, and no status tells an end';
  return `unknown value ${asJsonText(value).slice(0, 64)}`;
}

function refused(why: string): ParsedTask {
  return { task: null, why };
}
