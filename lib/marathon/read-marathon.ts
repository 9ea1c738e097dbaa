import type { MarathonApp, MarathonDeployment, MarathonQueueItem } from '@/lib/domain/cluster';
import type { MarathonSnapshot, PollWarning } from '@/lib/domain/snapshot';
import { AppError } from '@/lib/errors';
import { createUpstream } from '@/lib/upstream/create-upstream';
import { asArray, asId, asJsonText, asRecord, asText, type JsonRecord } from '@/lib/upstream/loose-json';
import { createRejectLog, type RejectLog } from '@/lib/upstream/reject-log';
import type { Source, Target } from '@/lib/upstream/source';
import { upstreamError } from '@/lib/upstream/upstream-error';

import { askMarathon } from './ask-marathon';
import { followMarathonEvents, type MarathonHandlers } from './follow-events';
import { parseApp } from './parse-app';
import { parseDeployment } from './parse-deployment';
import { parsePod } from './parse-pod';
import { parseQueueItem } from './parse-queue';
import { redactDefinition } from './redact-definition';

// Marathon keeps 50 an app unless told otherwise.
const MAX_VERSIONS = 1_000;
const APPS_PATH = '/v2/apps?embed=apps.lastTaskFailure&embed=apps.counts';

export type MarathonReader = {
  /**
   * Reads one Marathon once: info and apps are required; the rest becomes warnings `deployments_unavailable`,
   * `queue_unavailable`, `pods_unavailable` (no warning where Marathon is too old to know pods). The last
   * replica that answered is asked first.
   *
   * Errors: MARATHON_*, BODY_TOO_LARGE (64 MiB each part); when `signal` is aborted its own reason.
   */
  read(signal: AbortSignal): Promise<MarathonSnapshot>;
  /** The newest 1,000 config versions of an app as Marathon lists them, newest first; empty where it has none or knows no such app. */
  readVersions(appId: string, signal: AbortSignal): Promise<string[]>;
  /** Follows the events of the replica that answered last, else of the first. Errors: as `followMarathonEvents`. */
  follow(handlers: MarathonHandlers, signal: AbortSignal): ReturnType<typeof followMarathonEvents>;
  close(): Promise<void>;
};

/** A reader of one Marathon; `source.urls` are its replicas. Errors: CONFIG_INVALID. */
export function createMarathonReader(source: Source): MarathonReader {
  const upstream = createUpstream('marathon', source);
  let last: Target | null = null;

  async function read(signal: AbortSignal): Promise<MarathonSnapshot> {
    const { target, info, frameworkId, bytes: infoBytes } = await findReplica(signal);
    const rejectLog = createRejectLog();
    const warnings: PollWarning[] = [];
    let bytes = infoBytes;

    const list = async (path: string, member: string | null): Promise<unknown[] | null> => {
      const reply = await askMarathon(upstream, { target, path, signal });
      if (reply === null) return null;
      bytes += reply.bytes;
      const items = member === null ? reply.value : asRecord(reply.value)?.[member];
      if (Array.isArray(items)) return items;
      throw upstreamError('marathon', 'badPayload', `${reply.url} holds no list`);
    };
    const optional = async (name: string, work: Promise<unknown[] | null>, missingIsFine = false) => {
      try {
        const items = await work;
        if (items !== null || missingIsFine) return items ?? [];
        throw upstreamError('marathon', 'badPayload', 'answered 404');
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof AppError)) throw thrown;
        warnings.push({
          code: `${name}_unavailable`,
          message: `Marathon's ${name} could not be read: ${thrown.message}`,
        });
        return [];
      }
    };

    const [apps, deployments, queue, pods] = await Promise.all([
      list(APPS_PATH, 'apps'),
      optional('deployments', list('/v2/deployments', null)),
      optional('queue', list('/v2/queue', 'queue')),
      optional('pods', list('/v2/pods/::status', null), true),
    ]);
    if (apps === null) throw upstreamError('marathon', 'badPayload', `${target.base}/v2/apps answered 404`);
    return {
      url: target.base,
      frameworkId,
      frameworkName: asText(asRecord(info.marathon_config)?.framework_name, 255) ?? asText(info.name, 255),
      version: asText(info.version, 64),
      apps: [
        ...parseEach<MarathonApp>(apps, parseApp, 'apps[]', rejectLog),
        ...parseEach<MarathonApp>(pods, parsePod, 'pods[]', rejectLog),
      ],
      deployments: parseEach<MarathonDeployment>(deployments, parseDeployment, 'deployments[]', rejectLog),
      queue: parseEach<MarathonQueueItem>(queue, parseQueueItem, 'queue[]', rejectLog),
      rejects: rejectLog.rejects(),
      warnings,
      bytes,
    };
  }

  /** The first replica that tells its framework id; the errors of all others are those of the first that failed. */
  async function findReplica(signal: AbortSignal) {
    const candidates = new Set([...(last === null ? [] : [last]), ...upstream.targets]);
    let failure: AppError | null = null;
    for (const target of candidates) {
      try {
        const reply = await askMarathon(upstream, { target, path: '/v2/info', signal });
        const info = asRecord(reply?.value);
        const frameworkId = asId(info?.frameworkId);
        if (reply === null || info === null || frameworkId === null) {
          throw upstreamError('marathon', 'badPayload', `${target.base}/v2/info tells no frameworkId`);
        }
        last = target;
        return { target, info, frameworkId, bytes: reply.bytes };
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof AppError)) throw thrown;
        failure = moreTelling(failure, thrown);
      }
    }
    last = null;
    throw failure ?? upstreamError('marathon', 'unreachable', 'No Marathon was asked');
  }

  async function readVersions(appId: string, signal: AbortSignal): Promise<string[]> {
    const segments = appId.split('/').filter((segment) => segment !== '');
    // The id comes from the cluster: it must not climb out of /v2/apps.
    if (segments.length === 0 || segments.some((segment) => /^\.+$/.test(segment))) return [];
    const path = `/v2/apps/${segments.map(encodeURIComponent).join('/')}/versions`;
    const target = last ?? upstream.targets[0];
    const reply = target === undefined ? null : await askMarathon(upstream, { target, path, signal });
    return asArray(asRecord(reply?.value)?.versions)
      .slice(0, MAX_VERSIONS)
      .flatMap((version) => asText(version, 64) ?? []);
  }

  async function follow(handlers: MarathonHandlers, signal: AbortSignal) {
    const target = last ?? upstream.targets[0];
    if (target === undefined) throw upstreamError('marathon', 'unreachable', 'No Marathon was asked');
    return await followMarathonEvents(upstream, target, handlers, { signal });
  }

  return { read, readVersions, follow, close: () => upstream.close() };
}

function parseEach<T>(
  items: unknown[],
  parse: (item: unknown) => T | null,
  where: string,
  rejectLog: RejectLog,
): T[] {
  return items.flatMap((item) => {
    const parsed = parse(item);
    if (parsed !== null) return [parsed];
    rejectLog.add(where, 'id: missing or not an id', sampleOf(item));
    return [];
  });
}

/** Redacted first: an item that failed to parse may still hold an environment. */
function sampleOf(item: unknown): string {
  const record: JsonRecord | null = asRecord(item);
  return asJsonText(record === null ? item : redactDefinition(record));
}

/** A refused login says more than a replica that is down. */
function moreTelling(before: AppError | null, now: AppError): AppError {
  if (before === null) return now;
  const order = [
    'MARATHON_AUTH_REFUSED',
    'MARATHON_FORBIDDEN',
    'MARATHON_BAD_PAYLOAD',
    'BODY_TOO_LARGE',
    'MARATHON_TIMEOUT',
  ];
  const rank = ({ code }: AppError) => (order.includes(code) ? order.indexOf(code) : order.length);
  return rank(now) < rank(before) ? now : before;
}
