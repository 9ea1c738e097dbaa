import { isRedirect, type Reply, redirectHostPort, type Upstream } from '@/lib/upstream/create-upstream';
import { asId, asIsoInstant, asRecord, asText, type JsonRecord } from '@/lib/upstream/loose-json';
import type { Target } from '@/lib/upstream/source';
import { statusError, upstreamError } from '@/lib/upstream/upstream-error';

import { createEventStream } from './event-stream';
import { appIdOf } from './parse-app';

/** Marathon is about to kill a task for failing its health checks: no other place tells that for certain. */
export type AnnouncedKill = {
  /** Mesos task id; where an event names none, the id of the instance, `shop_cart.instance-<uuid>`. */
  taskId: string;
  appId: string | null;
  /** Free text of Marathon: what its check met last. Null: none. */
  reason: string | null;
  /** Marathon's clock. */
  at: Date;
};

/** What a follower is told; there is no order between events, and none comes twice. */
export type MarathonHandlers = {
  /** Open at the replica of this URL: whatever happens from now on is told. */
  onOpen(url: string): void;
  /** Any event. */
  onEvent(): void;
  /** Apps, versions or deployments are no longer what was read. */
  onChange(): void;
  onKill(kill: AnnouncedKill): void;
};

const KILLS = ['unhealthy_task_kill_event', 'unhealthy_instance_kill_event'];
// What a single instance does is the master's to tell, and would fill the stream of a Marathon with a crash loop.
const CHANGES = [
  'deployment_info',
  'deployment_success',
  'deployment_failed',
  'api_post_event',
  'app_terminated_event',
  'group_change_success',
  'group_change_failed',
  'pod_created_event',
  'pod_updated_event',
  'pod_deleted_event',
];
// Since 1.3.7 Marathon sends these alone; `light` spares the apps of a plan from 1.5 to 1.7. Older ones ignore both.
const QUERY = new URLSearchParams([
  ...[...KILLS, ...CHANGES].map((type) => ['event_type', type]),
  ['plan-format', 'light'],
]);

const MAX_EVENT_CHARACTERS = 1024 * 1024;
const MAX_HOPS = 2;
// Nothing promises a sign of life; this only finds connections that are dead.
const SILENCE_MS = 15 * 60_000;
const REFUSALS = [401, 403, 404, 405, 406, 501];

/**
 * Follows the events of one Marathon (`/v2/events`, since 0.9) until the stream ends, and then resolves. `refused`: the
 * status of one that has no such stream, or not for us; null: it ran and ended. A redirect to its leader is followed to
 * a configured replica only.
 *
 * Errors: as `Upstream.open`; MARATHON_UNREACHABLE for a redirect elsewhere or in a circle, MARATHON_TIMEOUT for a
 * stream that was silent for a quarter of an hour, what other statuses mean.
 */
export async function followMarathonEvents(
  upstream: Upstream,
  target: Target,
  handlers: MarathonHandlers,
  { signal, silenceMs = SILENCE_MS }: { signal: AbortSignal; silenceMs?: number },
): Promise<{ refused: number | null }> {
  const silent = new AbortController();
  const both = AbortSignal.any([signal, silent.signal]);
  const { reply, base } = await openAtLeader(upstream, target, both);
  if (reply.status !== 200) {
    reply.discard();
    if (REFUSALS.includes(reply.status)) return { refused: reply.status };
    throw statusError('marathon', reply);
  }
  handlers.onOpen(base);
  const hang = () =>
    silent.abort(upstreamError('marathon', 'timeout', `${reply.url} fell silent for ${silenceMs} ms`));
  let timer = setTimeout(hang, silenceMs);
  const events = createEventStream(MAX_EVENT_CHARACTERS, (data) => {
    handlers.onEvent();
    const event = parsed(data);
    const type = asText(event?.eventType, 64) ?? '';
    const kill = event !== null && KILLS.includes(type) ? killOf(event) : null;
    if (kill !== null) handlers.onKill(kill);
    else if (CHANGES.includes(type)) handlers.onChange();
  });
  try {
    for await (const chunk of reply.body) {
      events.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(hang, silenceMs);
    }
    return { refused: null };
  } finally {
    clearTimeout(timer);
  }
}

/** Up to 1.6 any replica passes the stream of the leader on; later ones redirect to it. */
async function openAtLeader(
  upstream: Upstream,
  first: Target,
  signal: AbortSignal,
): Promise<{ reply: Reply; base: string }> {
  let target = first;
  for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
    const path = `/v2/events?${QUERY}`;
    const reply = await upstream.open({ target, path, isStream: true, accept: 'text/event-stream', signal });
    if (!isRedirect(reply.status)) return { reply, base: target.base };
    reply.discard();
    const hostPort = redirectHostPort(target, reply.location);
    const next = upstream.targets.find((one) => one.hostPort === hostPort);
    if (next === undefined) {
      const where = hostPort ?? 'no usable address';
      throw upstreamError(
        'marathon',
        'unreachable',
        `${target.base}/v2/events redirects to ${where}, which is not configured`,
      );
    }
    target = next;
  }
  throw upstreamError('marathon', 'unreachable', 'The replicas redirect /v2/events in a circle');
}

function killOf(event: JsonRecord): AnnouncedKill | null {
  const taskId = asId(event.taskId) ?? asId(event.instanceId);
  const at = asIsoInstant(event.timestamp);
  if (taskId === null || at === null) return null;
  return { taskId, appId: appIdOf(event.appId), reason: asText(event.reason) || null, at };
}

function parsed(data: string): JsonRecord | null {
  try {
    return asRecord(JSON.parse(data));
  } catch {
    return null;
  }
}
