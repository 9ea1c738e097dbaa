import { isEndState, isTaskState, type MesosTask, type TaskState, type TaskStatus } from '@/lib/domain/task';
import type { Upstream } from '@/lib/upstream/create-upstream';
import { asId, asNumber, asRecord, asText, type JsonRecord } from '@/lib/upstream/loose-json';
import type { Target } from '@/lib/upstream/source';
import { statusError, upstreamError } from '@/lib/upstream/upstream-error';

import { type InspectedContainer, parseDockerInspect } from './parse-docker-inspect';
import { parseTask } from './parse-task';
import { createRecordStream, type StreamRecord } from './record-stream';

/** A task's new status as the master's event stream tells it. */
export type TaskUpdate = {
  frameworkId: string | null;
  taskId: string;
  agentId: string | null;
  /** Whether the task has ended: by this status, or by a later one that the agent already told of. */
  hasEnded: boolean;
  /** The latest state that the agent told, which may be ahead of `status`; null: none that is known. */
  state: TaskState | null;
  /** Null: not told (Mesos 1.0), or of a state nobody knows. */
  status: TaskStatus | null;
  /** Mesos container id of the status; null: not told. */
  containerId: string | null;
  /** Of a Docker task's RUNNING update. */
  docker: InspectedContainer | null;
};

/** What a follower is told of the events, in their order. */
export type EventHandlers = {
  /** The stream is open: whatever comes to be from now on is told. */
  onOpen(): void;
  onUpdate(update: TaskUpdate): void;
  /** A task as the master has it: just launched, or told again by its agent, which came back with it. */
  onAdded?(task: MesosTask): void;
  /** The name of an agent or a framework that came, or came back. */
  onNamed?(named: { kind: 'agent' | 'framework'; id: string; name: string }): void;
  /** Any event, heartbeats too. */
  onEvent?(): void;
};

/**
 * Follows the event stream (`SUBSCRIBE`, since Mesos 1.0) of a master until it ends, and then resolves. The first
 * event, the whole state of the cluster, is passed over without being kept: a poll tells it. `onOpen` is called once
 * it came.
 * `refused`: the status of a master that has no such stream, or not for us (4xx, 501); null: it ran and ended.
 *
 * Errors: as `Upstream.open`; other statuses but 200 (307: it does not lead); MESOS_BAD_PAYLOAD for what is no such
 * stream; MESOS_TIMEOUT for one that is silent for three heartbeats, at least 45 s.
 */
export async function followEvents(
  upstream: Upstream,
  target: Target,
  handlers: EventHandlers,
  { signal, silenceMs = SILENCE_MS }: { signal: AbortSignal; silenceMs?: SilenceLimits },
): Promise<{ refused: number | null }> {
  const silent = new AbortController();
  const reply = await upstream.open({
    target,
    path: '/api/v1',
    post: { type: 'SUBSCRIBE' },
    isStream: true,
    signal: AbortSignal.any([signal, silent.signal]),
  });
  if (reply.status !== 200) {
    reply.discard();
    if (reply.status === 501 || (reply.status >= 400 && reply.status < 500)) return { refused: reply.status };
    throw statusError('mesos', reply);
  }
  let limitMs = silenceMs.withoutHeartbeat;
  const hang = () =>
    silent.abort(upstreamError('mesos', 'timeout', `${reply.url} fell silent for ${limitMs} ms`));
  let timer = setTimeout(hang, limitMs);
  const records = createRecordStream(MAX_EVENT_BYTES, (record) => {
    handlers.onEvent?.();
    const event = parseEvent(record);
    if (event?.type === 'SUBSCRIBED') {
      if (event.heartbeatMs !== null) limitMs = Math.max(silenceMs.least, 3 * event.heartbeatMs);
      handlers.onOpen();
    } else if (event?.type === 'TASK_UPDATED') handlers.onUpdate(event.update);
    else if (event?.type === 'TASK_ADDED') handlers.onAdded?.(event.task);
    else if (event?.type === 'NAMED') handlers.onNamed?.(event);
  });
  try {
    for await (const chunk of reply.body) {
      if (!records.push(chunk)) throw upstreamError('mesos', 'badPayload', `${reply.url} sent no RecordIO`);
      clearTimeout(timer);
      timer = setTimeout(hang, limitMs);
    }
    return { refused: null };
  } finally {
    clearTimeout(timer);
  }
}

type SilenceLimits = { least: number; withoutHeartbeat: number };

// Before 1.5 there are no heartbeats, and a quiet cluster has no events either.
const SILENCE_MS: SilenceLimits = { least: 45_000, withoutHeartbeat: 600_000 };
// A task update carries at most a docker inspection, which is bounded to 1 MiB and grows by a third.
const MAX_EVENT_BYTES = 2 * 1024 * 1024;

type Event =
  | { type: 'SUBSCRIBED'; heartbeatMs: number | null }
  | { type: 'TASK_UPDATED'; update: TaskUpdate }
  | { type: 'TASK_ADDED'; task: MesosTask }
  | { type: 'NAMED'; kind: 'agent' | 'framework'; id: string; name: string };

// protobuf JSON keeps the order of the fields: the type first.
const TYPE = /^\s*\{\s*"type"\s*:\s*"([A-Z_]{1,64})"/;
const READ = new Set([
  'SUBSCRIBED',
  'TASK_UPDATED',
  'TASK_ADDED',
  'AGENT_ADDED',
  'FRAMEWORK_ADDED',
  'FRAMEWORK_UPDATED',
]);

function parseEvent(record: StreamRecord): Event | null {
  if (!('raw' in record)) {
    // The heartbeat stands behind the state.
    if (!/"type"\s*:\s*"SUBSCRIBED"|"subscribed"\s*:/.test(record.start.toString('latin1'))) return null;
    const told = /"heartbeat_interval_seconds"\s*:\s*(\d{1,6}(?:\.\d{1,9})?)/.exec(
      record.end.toString('latin1'),
    );
    return { type: 'SUBSCRIBED', heartbeatMs: heartbeatOf(told?.[1]) };
  }
  const { raw } = record;
  const told = TYPE.exec(raw.toString('latin1', 0, 128))?.[1];
  if (told !== undefined && !READ.has(told)) return null;
  const event = parsed(raw);
  switch (event?.type) {
    case 'SUBSCRIBED':
      return {
        type: 'SUBSCRIBED',
        heartbeatMs: heartbeatOf(asRecord(event.subscribed)?.heartbeat_interval_seconds),
      };
    case 'TASK_UPDATED': {
      const update = updateOf(asRecord(event.task_updated));
      return update === null ? null : { type: 'TASK_UPDATED', update };
    }
    case 'TASK_ADDED': {
      const { task } = parseTask(asRecord(event.task_added)?.task, 'tasks');
      return task === null ? null : { type: 'TASK_ADDED', task };
    }
    case 'AGENT_ADDED': {
      const agent = asRecord(asRecord(event.agent_added)?.agent);
      return namedOf('agent', asRecord(agent?.agent_info), 'hostname');
    }
    case 'FRAMEWORK_ADDED':
    case 'FRAMEWORK_UPDATED': {
      const about = asRecord(event.framework_added) ?? asRecord(event.framework_updated);
      const framework = asRecord(about?.framework);
      return namedOf('framework', asRecord(framework?.framework_info), 'name');
    }
    default:
      return null;
  }
}

function namedOf(kind: 'agent' | 'framework', info: JsonRecord | null, member: string): Event | null {
  const id = idOf(info?.id);
  const name = asText(info?.[member], 255);
  return id === null || name === null || name === '' ? null : { type: 'NAMED', kind, id, name };
}

/** Mesos 1.0 tells `task_id` and `agent_id` bare and no status. */
function updateOf(raw: JsonRecord | null): TaskUpdate | null {
  const status = asRecord(raw?.status);
  const taskId = idOf(status?.task_id ?? raw?.task_id);
  if (raw === null || taskId === null) return null;
  const states = [raw.state, status?.state].map((state) => asText(state, 64) ?? '');
  const state = states.find(isTaskState) ?? null;
  return {
    frameworkId: idOf(raw.framework_id),
    taskId,
    agentId: idOf(status?.agent_id ?? raw.agent_id),
    hasEnded: states.some(isEndState),
    state,
    status: status === null ? null : statusOf(status),
    containerId: idOf(asRecord(status?.container_status)?.container_id),
    docker: status?.state === 'TASK_RUNNING' ? parseDockerInspect(status.data) : null,
  };
}

/** Read as the status of a task is, by giving it one. */
function statusOf(status: JsonRecord): TaskStatus | null {
  const carrier = { id: '-', framework_id: '-', slave_id: '-', state: 'TASK_RUNNING', statuses: [status] };
  return parseTask(carrier, 'tasks').task?.statuses[0] ?? null;
}

function idOf(id: unknown): string | null {
  return asId(asRecord(id)?.value);
}

function heartbeatOf(seconds: unknown): number | null {
  const number = asNumber(seconds);
  return number !== null && number > 0 && number < 86_400 ? number * 1_000 : null;
}

function parsed(raw: Buffer): JsonRecord | null {
  try {
    return asRecord(JSON.parse(raw.toString('utf8')));
  } catch {
    return null;
  }
}
