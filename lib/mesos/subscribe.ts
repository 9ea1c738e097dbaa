import { isEndState } from '@/lib/domain/task';
import type { Upstream } from '@/lib/upstream/create-upstream';
import { asId, asNumber, asRecord, asText, type JsonRecord } from '@/lib/upstream/loose-json';
import type { Target } from '@/lib/upstream/source';
import { statusError, upstreamError } from '@/lib/upstream/upstream-error';

import { type InspectedContainer, parseDockerInspect } from './parse-docker-inspect';
import { createRecordStream, type StreamRecord } from './record-stream';

/** A task's new status as the master's event stream tells it. */
export type TaskUpdate = {
  frameworkId: string | null;
  taskId: string;
  agentId: string | null;
  /** Whether the task has ended: by this status, or by a later one that the agent already told of. */
  hasEnded: boolean;
  /** Mesos container id of the status; null: not told. */
  containerId: string | null;
  /** Of a Docker task's RUNNING update. */
  docker: InspectedContainer | null;
};

/**
 * Follows the event stream (`SUBSCRIBE`, since Mesos 1.0) of a master until it ends, and then resolves. The first
 * event, the whole state of the cluster, is passed over without being kept. `onOpen` is called once it came.
 * `refused`: the status of a master that has no such stream, or not for us (4xx, 501); null: it ran and ended.
 *
 * Errors: as `Upstream.open`; other statuses but 200 (307: it does not lead); MESOS_BAD_PAYLOAD for what is no such
 * stream; MESOS_TIMEOUT for one that is silent for three heartbeats, at least 45 s.
 */
export async function followEvents(
  upstream: Upstream,
  target: Target,
  handlers: { onOpen(): void; onUpdate(update: TaskUpdate): void },
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
    const event = parseEvent(record);
    if (event === null) return;
    if (event.type === 'SUBSCRIBED') {
      if (event.heartbeatMs !== null) limitMs = Math.max(silenceMs.least, 3 * event.heartbeatMs);
      handlers.onOpen();
    } else handlers.onUpdate(event.update);
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
  | { type: 'TASK_UPDATED'; update: TaskUpdate };

function parseEvent(record: StreamRecord): Event | null {
  if (!('raw' in record)) {
    // protobuf JSON keeps the order of the fields: the type first, the heartbeat behind the state.
    if (!/"type"\s*:\s*"SUBSCRIBED"|"subscribed"\s*:/.test(record.start.toString('latin1'))) return null;
    const told = /"heartbeat_interval_seconds"\s*:\s*(\d{1,6}(?:\.\d{1,9})?)/.exec(
      record.end.toString('latin1'),
    );
    return { type: 'SUBSCRIBED', heartbeatMs: heartbeatOf(told?.[1]) };
  }
  const { raw } = record;
  // Most events are none of ours: told apart before they are parsed.
  if (!raw.includes('"SUBSCRIBED"') && !raw.includes('"TASK_UPDATED"')) return null;
  const event = parsed(raw);
  if (event?.type === 'SUBSCRIBED') {
    return {
      type: 'SUBSCRIBED',
      heartbeatMs: heartbeatOf(asRecord(event.subscribed)?.heartbeat_interval_seconds),
    };
  }
  const update = event?.type === 'TASK_UPDATED' ? updateOf(asRecord(event.task_updated)) : null;
  return update === null ? null : { type: 'TASK_UPDATED', update };
}

/** Mesos 1.0 tells `task_id` and `agent_id` bare and no status. */
function updateOf(raw: JsonRecord | null): TaskUpdate | null {
  const status = asRecord(raw?.status);
  const taskId = idOf(status?.task_id ?? raw?.task_id);
  if (raw === null || taskId === null) return null;
  const states = [raw.state, status?.state].map((state) => asText(state, 64) ?? '');
  return {
    frameworkId: idOf(raw.framework_id),
    taskId,
    agentId: idOf(status?.agent_id ?? raw.agent_id),
    hasEnded: states.some(isEndState),
    containerId: idOf(asRecord(status?.container_status)?.container_id),
    docker: status?.state === 'TASK_RUNNING' ? parseDockerInspect(status.data) : null,
  };
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
