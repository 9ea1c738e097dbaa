import { isEndState, type MesosTask, type TaskResources, type TaskStatus } from '@/lib/domain/task';
import { asInstant } from '@/lib/upstream/loose-json';
import { redactUrlLogins } from '@/lib/upstream/redact';

import { parseTaskLabels } from './parse-task';
import { memberNames } from './pick-members';
import { idAt, numberAt, plainEnd, skipSpace, stateAt, valueAt } from './pick-values';
import { ODD, type ScanText, scanObject } from './scan-object';
import type { ScannedElement } from './scan-objects';
import type { TextPool } from './text-pool';

/**
 * The members of an ended task, for the scanner to find; the first five are those of a live one. In /state, then in
 * GET_TASKS.
 */
const OTHER_NAMES = ['name', 'executor_id', 'resources', 'labels', 'container'];
export const STATE_TASK_NAMES = memberNames(
  'state',
  'id',
  'framework_id',
  'slave_id',
  'statuses',
  ...OTHER_NAMES,
);
export const V1_TASK_NAMES = memberNames(
  'state',
  'task_id',
  'framework_id',
  'agent_id',
  'statuses',
  ...OTHER_NAMES,
);

const STATUS_NAMES = memberNames(
  'state',
  'timestamp',
  'message',
  'reason',
  'source',
  'healthy',
  'container_status',
);
const CONTAINER_STATUS_NAMES = memberNames('container_id');
const CONTAINER_ID_NAMES = memberNames('value', 'parent');
const CONTAINER_NAMES = memberNames('type', 'docker', 'mesos');
const DOCKER_NAMES = memberNames('image');
const RESOURCE_NAMES = ['cpus', 'mem', 'disk', 'gpus'] as const;
const RESOURCE_MEMBERS = memberNames(...RESOURCE_NAMES);
const SCALAR_NAMES = memberNames('name', 'scalar');
const VALUE_NAMES = memberNames('value');

const MAX_STATUSES = 100;
const MAX_TEXT = 1024;
const MAX_SHORT = 32;

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/** Thrown within this file alone: the full parser is to decide. */
class Odd extends Error {}
const odd = new Odd();

/**
 * Reads an ended task of /state or GET_TASKS as `parseTask` reads it, by the members that count: a full parse makes five
 * times as much as is kept. Null: it is odd in some way, or holds an escape or a letter beyond ASCII; the full parser
 * decides.
 */
export function pickEndedTask(
  { text, found }: Pick<ScannedElement, 'text' | 'found'>,
  list: MesosTask['list'],
  texts: TextPool,
): MesosTask | null {
  try {
    return picked(text, found, list, texts);
  } catch (thrown) {
    if (thrown !== odd) throw thrown;
    return null;
  }
}

// Filled anew for each object of their kind.
const ofStatus = new Int32Array(STATUS_NAMES.length);
const ofContainerStatus = new Int32Array(CONTAINER_STATUS_NAMES.length);
const ofContainerId = new Int32Array(CONTAINER_ID_NAMES.length);
const ofContainer = new Int32Array(CONTAINER_NAMES.length);
const ofDocker = new Int32Array(DOCKER_NAMES.length);
const ofResources = new Int32Array(RESOURCE_MEMBERS.length);
const ofResource = new Int32Array(SCALAR_NAMES.length);
const NOTHING = new Int32Array(0);
const ofScalar = new Int32Array(VALUE_NAMES.length);

function picked(text: ScanText, found: Int32Array, list: MesosTask['list'], texts: TextPool): MesosTask {
  const { bytes } = text;
  const state = stateAt(bytes, valueAt(bytes, found[0]));
  const taskId = idAt(bytes, valueAt(bytes, found[1]));
  const frameworkId = idAt(bytes, valueAt(bytes, found[2]), texts);
  const agentId = idAt(bytes, valueAt(bytes, found[3]), texts);
  if (state === null || !isEndState(state) || taskId === null || frameworkId === null || agentId === null)
    throw odd;
  const { type, image } = containerOf(text, found[9], texts);
  return {
    frameworkId,
    taskId,
    agentId,
    executorId: executorOf(bytes, found[6], texts),
    name: textOf(bytes, found[5], texts, MAX_TEXT) ?? '',
    state,
    statuses: statusesOf(text, found[4], texts),
    resources: resourcesOf(text, found[7], texts),
    image: image === '' ? null : image,
    containerizer: type,
    labels: labelsOf(text, found[8]),
    list,
  };
}

/** A string member; null: there is none. */
function textOf(bytes: Buffer, found: number | undefined, texts: TextPool, maxLength: number): string | null {
  if (found === undefined || found === -1) return null;
  const at = skipSpace(bytes, found);
  const end = plainEnd(bytes, at);
  if (end === -1 || end - at - 1 > maxLength) throw odd;
  return texts(bytes, at + 1, end);
}

/** Looks for members of an object member; false: there is none. Answers in `into`. */
function look(
  text: ScanText,
  found: number | undefined,
  names: readonly Buffer[],
  into: Int32Array,
): boolean {
  if (found === undefined || found === -1) return false;
  const at = skipSpace(text.bytes, found);
  if (text.bytes[at] !== OPEN_BRACE || scanObject(text, at, names, into, false) === -1 || into[0] === ODD)
    throw odd;
  return true;
}

function executorOf(bytes: Buffer, found: number | undefined, texts: TextPool): string {
  if (found === undefined || found === -1) return '';
  const at = skipSpace(bytes, found);
  // A command task has none.
  if (bytes[at] === QUOTE && bytes[at + 1] === QUOTE) return '';
  const id = idAt(bytes, at, texts);
  if (id === null) throw odd;
  return id;
}

function statusesOf(text: ScanText, found: number | undefined, texts: TextPool): TaskStatus[] {
  const statuses: TaskStatus[] = [];
  forEach(text, found, STATUS_NAMES, ofStatus, () => {
    if (statuses.length >= MAX_STATUSES) throw odd;
    statuses.push(statusOf(text, texts));
  });
  return statuses;
}

/** The one whose members stand in `ofStatus`. */
function statusOf(text: ScanText, texts: TextPool): TaskStatus {
  const { bytes } = text;
  const state = stateAt(bytes, valueAt(bytes, ofStatus[0]));
  if (state === null) throw odd;
  const message = textOf(bytes, ofStatus[2], texts, MAX_TEXT);
  return {
    state,
    at: instantOf(bytes, ofStatus[1]),
    message: message === null || message === '' ? null : redactUrlLogins(message),
    reason: textOf(bytes, ofStatus[3], texts, MAX_SHORT * 2) || null,
    source: textOf(bytes, ofStatus[4], texts, MAX_SHORT) || null,
    healthy: healthOf(bytes, ofStatus[5]),
    containerId: containerIdOf(text, ofStatus[6], texts),
  };
}

function instantOf(bytes: Buffer, found: number | undefined): Date | null {
  if (found === undefined || found === -1) return null;
  const seconds = numberAt(bytes, skipSpace(bytes, found));
  if (Number.isNaN(seconds)) throw odd;
  return asInstant(seconds);
}

function healthOf(bytes: Buffer, found: number | undefined): boolean | null {
  if (found === undefined || found === -1) return null;
  const at = skipSpace(bytes, found);
  const word = bytes.toString('latin1', at, at + 5);
  if (word === 'false') return false;
  if (word.startsWith('true')) return true;
  throw odd;
}

function containerIdOf(text: ScanText, found: number | undefined, texts: TextPool): string | null {
  if (!look(text, found, CONTAINER_STATUS_NAMES, ofContainerStatus)) return null;
  if (!look(text, ofContainerStatus[0], CONTAINER_ID_NAMES, ofContainerId)) return null;
  // A nested container: its name is made of several.
  if (ofContainerId[1] !== -1) throw odd;
  const id = idAt(text.bytes, valueAt(text.bytes, ofContainerId[0]), texts);
  if (id === null) throw odd;
  return id;
}

function containerOf(text: ScanText, found: number | undefined, texts: TextPool) {
  if (!look(text, found, CONTAINER_NAMES, ofContainer)) return { type: null, image: null };
  const type = textOf(text.bytes, ofContainer[0], texts, MAX_SHORT);
  // The Mesos containerizer names its image elsewhere.
  if (ofContainer[2] !== -1) throw odd;
  const isDocker = look(text, ofContainer[1], DOCKER_NAMES, ofDocker);
  return { type, image: isDocker ? textOf(text.bytes, ofDocker[0], texts, MAX_TEXT) : null };
}

function resourcesOf(text: ScanText, found: number | undefined, texts: TextPool): TaskResources {
  const { bytes } = text;
  const at = valueAt(bytes, found);
  const amounts = new Map<string, number>();
  if (bytes[at] === OPEN_BRACKET) {
    forEach(text, at, SCALAR_NAMES, ofResource, () => {
      const name = textOf(bytes, ofResource[0], texts, MAX_SHORT);
      if (name === null || !look(text, ofResource[1], VALUE_NAMES, ofScalar)) return;
      amounts.set(name, (amounts.get(name) ?? 0) + amountOf(bytes, ofScalar[0]));
    });
  } else if (look(text, found, RESOURCE_MEMBERS, ofResources)) {
    for (const [index, name] of RESOURCE_NAMES.entries()) {
      if (ofResources[index] !== -1) amounts.set(name, amountOf(bytes, ofResources[index]));
    }
  }
  return {
    cpus: amounts.get('cpus') ?? null,
    memMb: amounts.get('mem') ?? null,
    diskMb: amounts.get('disk') ?? null,
    gpus: amounts.get('gpus') ?? null,
  };
}

function amountOf(bytes: Buffer, found: number | undefined): number {
  const amount = numberAt(bytes, valueAt(bytes, found));
  if (Number.isNaN(amount)) throw odd;
  return amount;
}

function labelsOf(text: ScanText, found: number | undefined): Record<string, string> {
  if (found === undefined || found === -1) return {};
  const at = skipSpace(text.bytes, found);
  const opening = text.bytes[at];
  const end = opening === OPEN_BRACE || opening === OPEN_BRACKET ? scanObject(text, at, [], NOTHING) : -1;
  if (end === -1) throw odd;
  try {
    return parseTaskLabels(JSON.parse(text.bytes.toString('utf8', at, end)));
  } catch {
    throw odd;
  }
}

/** Goes through the objects of an array member: `into` holds where the members of each are. */
function forEach(
  text: ScanText,
  found: number | undefined,
  names: readonly Buffer[],
  into: Int32Array,
  visit: () => void,
): void {
  if (found === undefined || found === -1) return;
  const { bytes } = text;
  let at = skipSpace(bytes, found);
  if (bytes[at] !== OPEN_BRACKET) throw odd;
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_BRACKET) return;
  for (;;) {
    const end = bytes[at] === OPEN_BRACE ? scanObject(text, at, names, into) : -1;
    if (end === -1 || into[0] === ODD) throw odd;
    visit();
    at = skipSpace(bytes, end);
    if (bytes[at] === CLOSE_BRACKET) return;
    if (bytes[at] !== COMMA) throw odd;
    at = skipSpace(bytes, at + 1);
  }
}
