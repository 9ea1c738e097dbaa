import type { PoolClient } from 'pg';

import {
  isOpenToMemoryKill,
  type KnownContainer,
  MEMORY_KILLS,
  OPEN_TO_MEMORY_KILL,
} from '@/lib/evidence/correlate';
import { groupBy } from '@/lib/evidence/group-by';
import { plainName } from '@/lib/evidence/host-names';
import { signalWindow } from '@/lib/evidence/signal-window';
import type { PlacedSignal, StatusLine, TieableEnd } from '@/lib/evidence/tieable';

import { PLACED_COLUMNS, type StoredSignalRow, toPlacedSignal } from './log-signal-row';

/** Signals and ends near each other, with what places them. */
export type Neighbourhood = {
  signals: Map<string, PlacedSignal>;
  /** The rows' answers so far, by signal id. */
  rows: Map<string, StoredSignalRow>;
  ends: Map<string, TieableEnd>;
  containers: Map<string, KnownContainer>;
  statusLines: StatusLine[];
  /** Ends all of whose signals, and those signals' rivals, are loaded. */
  wholeEnds: Set<string>;
  /** Signals all of whose ends are loaded. */
  wholeSignals: Set<string>;
};

// Of one host within minutes; what is beyond would be an attack, not a log.
const MAX_OF_A_SPAN = 1_000;
const MAX_OF_A_KIND = 10_000;
const LONGEST_SPAN_MS = 10 * 60_000;
const SAME_LOG_MS = 5_000;
const LIVING_MS = 10 * 60_000;
const OF_MESOS = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.|$)/i;
const OF_DOCKER = /^[0-9a-f]{12,64}$/i;

/**
 * Loads what may be tied to the given signals and ends, and the rivals of that: ends by host and time, by container
 * and by task; signals in the same way. Two rounds of it, so that ties to an end of the first round are judged with
 * everything that competes for them. Cost: some twenty index ranges, however many signals and ends are given.
 */
export async function loadNeighbours(
  client: PoolClient,
  clusterId: number,
  { signalIds, endIds }: { signalIds: readonly string[]; endIds: readonly string[] },
): Promise<Neighbourhood> {
  const found: Neighbourhood = {
    signals: new Map(),
    rows: new Map(),
    ends: new Map(),
    containers: new Map(),
    statusLines: [],
    wholeEnds: new Set(),
    wholeSignals: new Set(),
  };
  let newSignals = addSignals(found, await signalsById(client, clusterId, signalIds));
  // What a signal is tied to by now, as a name that brought it there may have turned out to be wrong.
  const tied = await endsTiedTo(client, clusterId, signalIds);
  let newEnds = addEnds(found, await endsById(client, clusterId, [...endIds, ...tied]));
  for (let round = 0; round < 3; round += 1) {
    newEnds = [...newEnds, ...addEnds(found, await endsNear(client, clusterId, newSignals, found))];
    if (round < 2) for (const { id } of newSignals) found.wholeSignals.add(id);
    if (newEnds.length === 0 || found.ends.size > MAX_OF_A_KIND || found.signals.size > MAX_OF_A_KIND) break;
    newSignals = addSignals(found, await signalsNear(client, clusterId, newEnds, found));
    if (round < 2) for (const { id } of newEnds) found.wholeEnds.add(id);
    newEnds = [];
  }
  return found;
}

/** Rows of these signals with their lines, by id. */
export async function signalsWithLines(
  client: PoolClient,
  clusterId: number,
  ids: readonly string[],
): Promise<Map<string, PlacedSignal>> {
  const found = new Map<string, PlacedSignal>();
  const { rows } = await client.query<StoredSignalRow>(
    `SELECT ${PLACED_COLUMNS} FROM log_signal WHERE cluster_id = $1 AND id = ANY($2::uuid[])`,
    [clusterId, ids],
  );
  for (const row of rows) {
    const placed = toPlacedSignal(row);
    if (placed) found.set(placed.id, placed);
  }
  return found;
}

function addSignals(found: Neighbourhood, rows: readonly StoredSignalRow[]): PlacedSignal[] {
  return rows.flatMap((row) => {
    if (found.signals.has(row.id)) return [];
    const placed = toPlacedSignal(row);
    if (!placed) return [];
    found.signals.set(row.id, placed);
    found.rows.set(row.id, row);
    return [placed];
  });
}

function addEnds(found: Neighbourhood, ends: readonly TieableEnd[]): TieableEnd[] {
  return ends.filter((end) => {
    if (found.ends.has(end.id)) return false;
    found.ends.set(end.id, end);
    return true;
  });
}

function addContainers(found: Neighbourhood, containers: readonly KnownContainer[]): KnownContainer[] {
  for (const container of containers) found.containers.set(container.containerId, container);
  return [...containers];
}

// The lines are long, and only what is tied needs them.
const SIGNAL_COLUMNS = PLACED_COLUMNS.replace(' lines,', " '[]'::jsonb AS lines,");

const END_COLUMNS = `id, hostname, task_id AS "taskId", framework_id AS "frameworkId", app_id AS "appId",
  container_id AS "containerId", containerizer, image, state, cause, exit_code AS "exitCode", signal,
  mem_mb AS "memMb", started_at AS "startedAt", finished_at AS "finishedAt",
  finished_at_known AS "finishedAtKnown"`;

const CONTAINER_COLUMNS = `container_id AS "containerId", docker_id AS "dockerId", pid, task_id AS "taskId",
  framework_id AS "frameworkId", host, app_id AS "appId", mem_limit_bytes::float8 AS "memLimitBytes",
  told_by AS "toldBy", first_seen_at AS "firstSeenAt", last_seen_at AS "lastSeenAt"`;

async function signalsById(client: PoolClient, clusterId: number, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const { rows } = await client.query<StoredSignalRow>(
    `SELECT ${SIGNAL_COLUMNS} FROM log_signal WHERE cluster_id = $1 AND id = ANY($2::uuid[])`,
    [clusterId, ids],
  );
  return rows;
}

async function endsById(client: PoolClient, clusterId: number, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const { rows } = await client.query<TieableEnd>(
    `SELECT ${END_COLUMNS} FROM task_end WHERE cluster_id = $1 AND id = ANY($2::uuid[]) AND reopened_at IS NULL`,
    [clusterId, ids],
  );
  return rows;
}

async function endsTiedTo(client: PoolClient, clusterId: number, signalIds: readonly string[]) {
  if (signalIds.length === 0) return [];
  const { rows } = await client.query<{ id: string }>(
    'SELECT DISTINCT end_id AS id FROM evidence WHERE cluster_id = $1 AND signal_id = ANY($2::uuid[])',
    [clusterId, signalIds],
  );
  return rows.map(({ id }) => id);
}

async function endsNear(
  client: PoolClient,
  clusterId: number,
  signals: readonly PlacedSignal[],
  found: Neighbourhood,
): Promise<TieableEnd[]> {
  if (signals.length === 0) return [];
  const kills = signals.filter(({ signal }) => MEMORY_KILLS.has(signal.signature));
  const ids = signals.flatMap(({ signal }) => signal.containerId?.toLowerCase() ?? []);
  const containers = addContainers(found, [
    ...(await containersNamed(client, clusterId, ids)),
    ...(await containersAround(client, clusterId, kills)),
  ]);
  const lines = await statusLinesNear(client, clusterId, kills);
  found.statusLines.push(...lines);
  const named = new Set(ids.filter((id) => OF_MESOS.test(id)));
  const meant = containers.filter((one) => isNamed(one, ids, kills));
  for (const { containerId } of meant) named.add(containerId);
  const taskIds = [
    ...signals.flatMap(({ signal }) => signal.taskId ?? []),
    ...meant.flatMap(({ taskId }) => taskId ?? []),
    ...lines.map(({ taskId }) => taskId),
  ];
  return [
    ...(await openEndsNear(client, clusterId, kills)),
    ...(await endsOfContainers(client, clusterId, [...named])),
    ...(await endsOfTasks(client, clusterId, [...new Set(taskIds)])),
  ];
}

/** Whether a signal names it, or one of its processes: the others only compete for kills without an id. */
function isNamed(container: KnownContainer, ids: readonly string[], kills: readonly PlacedSignal[]): boolean {
  const { dockerId, containerId, pid, host } = container;
  return (
    ids.some((id) => dockerId?.startsWith(id) === true || id === containerId) ||
    (pid !== null &&
      kills.some(
        (kill) =>
          kill.host === host &&
          (kill.signal.killedPid === pid || kill.signal.processes.some((process) => process.pid === pid)),
      ))
  );
}

async function containersNamed(client: PoolClient, clusterId: number, ids: readonly string[]) {
  const printed = [...new Set(ids)];
  if (printed.length === 0) return [];
  const { rows } = await client.query<KnownContainer>(
    `SELECT ${CONTAINER_COLUMNS} FROM container WHERE cluster_id = $1 AND container_id = ANY($2::text[])
     UNION
     SELECT ${CONTAINER_COLUMNS} FROM unnest($3::text[]) AS printed (id)
     JOIN container ON cluster_id = $1 AND docker_id >= printed.id AND docker_id < printed.id || 'g'`,
    [clusterId, printed, printed.filter((id) => OF_DOCKER.test(id))],
  );
  return rows;
}

/** Containers on the hosts of these kills that were seen since shortly before. */
async function containersAround(client: PoolClient, clusterId: number, kills: readonly PlacedSignal[]) {
  const since = new Map<string, number>();
  for (const { host, at } of kills) {
    if (host === null) continue;
    since.set(host, Math.min(since.get(host) ?? Infinity, at.getTime() - LIVING_MS));
  }
  if (since.size === 0) return [];
  const { rows } = await client.query<KnownContainer>(
    `SELECT near.* FROM unnest($2::text[], $3::timestamptz[]) AS span (host, since)
     CROSS JOIN LATERAL (
       SELECT ${CONTAINER_COLUMNS} FROM container
       WHERE cluster_id = $1 AND host = span.host AND last_seen_at >= span.since
       ORDER BY last_seen_at LIMIT ${MAX_OF_A_SPAN}
     ) AS near`,
    [clusterId, [...since.keys()], [...since.values()].map((ms) => new Date(ms))],
  );
  return rows;
}

async function statusLinesNear(client: PoolClient, clusterId: number, kills: readonly PlacedSignal[]) {
  const spans = mergeSpans(
    kills.flatMap(({ host, signal, at, atKnown }) =>
      (atKnown ? [...new Set([host, signal.host === null ? null : plainName(signal.host)])] : []).flatMap(
        (name) =>
          name === null
            ? []
            : [{ host: name, from: at.getTime() - SAME_LOG_MS, to: at.getTime() + signalWindow.afterMs }],
      ),
    ),
  );
  if (spans.length === 0) return [];
  const { rows } = await client.query<StatusLine>(
    `SELECT near.* FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) AS span (host, from_at, to_at)
     CROSS JOIN LATERAL (
       SELECT host, at, task_id AS "taskId", state FROM log_status_update
       WHERE cluster_id = $1 AND host = span.host AND at BETWEEN span.from_at AND span.to_at
       ORDER BY at LIMIT ${MAX_OF_A_SPAN}
     ) AS near`,
    [clusterId, ...columnsOf(spans)],
  );
  return rows;
}

async function openEndsNear(client: PoolClient, clusterId: number, kills: readonly PlacedSignal[]) {
  const spans = mergeSpans(
    kills.flatMap(({ host, at }) =>
      host === null
        ? []
        : [{ host, from: at.getTime() - signalWindow.beforeMs, to: at.getTime() + signalWindow.afterMs }],
    ),
  );
  if (spans.length === 0) return [];
  const { rows } = await client.query<TieableEnd>(
    `SELECT near.* FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) AS span (host, from_at, to_at)
     CROSS JOIN LATERAL (
       SELECT ${END_COLUMNS} FROM task_end
       WHERE cluster_id = $1 AND host = span.host AND finished_at BETWEEN span.from_at AND span.to_at
         AND reopened_at IS NULL AND (exit_code IS NULL OR exit_code = 137) AND cause = ANY($5::text[])
       ORDER BY finished_at LIMIT ${MAX_OF_A_SPAN}
     ) AS near`,
    [clusterId, ...columnsOf(spans), OPEN_TO_MEMORY_KILL],
  );
  return rows;
}

/** Ends that name one of these Mesos containers, or one around or inside it. */
async function endsOfContainers(client: PoolClient, clusterId: number, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const roots = [...new Set(ids.map((id) => id.split('.')[0] ?? id))];
  const { rows } = await client.query<TieableEnd>(
    `SELECT ${END_COLUMNS} FROM task_end
     WHERE cluster_id = $1 AND container_id = ANY($2::text[]) AND reopened_at IS NULL
     UNION ALL
     SELECT near.* FROM unnest($3::text[]) AS root (id)
     CROSS JOIN LATERAL (
       SELECT ${END_COLUMNS} FROM task_end
       WHERE cluster_id = $1 AND container_id > root.id || '.' AND container_id < root.id || '/'
         AND reopened_at IS NULL LIMIT ${MAX_OF_A_SPAN}
     ) AS near`,
    [clusterId, [...new Set([...ids, ...roots])], roots],
  );
  return rows;
}

async function endsOfTasks(client: PoolClient, clusterId: number, taskIds: readonly string[]) {
  if (taskIds.length === 0) return [];
  const { rows } = await client.query<TieableEnd>(
    `SELECT ${END_COLUMNS} FROM task_end
     WHERE cluster_id = $1 AND task_id = ANY($2::text[]) AND reopened_at IS NULL LIMIT ${MAX_OF_A_KIND}`,
    [clusterId, taskIds],
  );
  return rows;
}

async function signalsNear(
  client: PoolClient,
  clusterId: number,
  ends: readonly TieableEnd[],
  found: Neighbourhood,
): Promise<StoredSignalRow[]> {
  const taskIds = [...new Set(ends.map(({ taskId }) => taskId))];
  const mesosIds = [...new Set(ends.flatMap(({ containerId }) => containerId ?? []))];
  const containers = addContainers(found, await containersOfEnds(client, clusterId, mesosIds, taskIds));
  const open = ends.filter(isOpenToMemoryKill);
  const lines = await statusLinesOf(client, clusterId, [...new Set(open.map(({ taskId }) => taskId))]);
  found.statusLines.push(...lines);
  const names = new Set([
    ...mesosIds.flatMap((id) => [id, id.split('.')[0] ?? id]),
    ...containers.flatMap(({ containerId, dockerId }) =>
      dockerId === null ? [containerId] : [containerId, dockerId, dockerId.slice(0, 12)],
    ),
  ]);
  const spans = mergeSpans([
    ...open.flatMap(({ hostname, finishedAt }) =>
      hostname === null
        ? []
        : [
            {
              host: hostname,
              from: finishedAt.getTime() - signalWindow.afterMs,
              to: finishedAt.getTime() + signalWindow.beforeMs,
            },
          ],
    ),
    ...lines.map(({ host, at }) => ({
      host,
      from: at.getTime() - signalWindow.afterMs,
      to: at.getTime() + SAME_LOG_MS,
    })),
  ]);
  return [
    ...(await killsNear(client, clusterId, spans)),
    ...(await signalsNaming(client, clusterId, [...names], taskIds)),
  ];
}

async function containersOfEnds(
  client: PoolClient,
  clusterId: number,
  mesosIds: readonly string[],
  taskIds: readonly string[],
) {
  const { rows } = await client.query<KnownContainer>(
    `SELECT ${CONTAINER_COLUMNS} FROM container WHERE cluster_id = $1 AND container_id = ANY($2::text[])
     UNION
     SELECT ${CONTAINER_COLUMNS} FROM container WHERE cluster_id = $1 AND task_id = ANY($3::text[])`,
    [clusterId, mesosIds, taskIds],
  );
  return rows;
}

async function statusLinesOf(client: PoolClient, clusterId: number, taskIds: readonly string[]) {
  if (taskIds.length === 0) return [];
  const { rows } = await client.query<StatusLine>(
    `SELECT host, at, task_id AS "taskId", state FROM log_status_update
     WHERE cluster_id = $1 AND task_id = ANY($2::text[]) LIMIT ${MAX_OF_A_KIND}`,
    [clusterId, taskIds],
  );
  return rows;
}

async function killsNear(client: PoolClient, clusterId: number, spans: readonly Span[]) {
  if (spans.length === 0) return [];
  // An unknown host is that of a line whose host is as unknown.
  const { rows } = await client.query<StoredSignalRow>(
    `SELECT near.* FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) AS span (host, from_at, to_at)
     CROSS JOIN LATERAL (
       (SELECT ${SIGNAL_COLUMNS} FROM log_signal
        WHERE cluster_id = $1 AND host = span.host AND at BETWEEN span.from_at AND span.to_at
          AND signature = ANY($5::text[])
        ORDER BY at LIMIT ${MAX_OF_A_SPAN})
       UNION ALL
       (SELECT ${SIGNAL_COLUMNS} FROM log_signal
        WHERE cluster_id = $1 AND host IS NULL AND at BETWEEN span.from_at AND span.to_at
          AND signature = ANY($5::text[]) AND lower(printed_host) = span.host
        ORDER BY at LIMIT ${MAX_OF_A_SPAN})
     ) AS near`,
    [clusterId, ...columnsOf(spans), [...MEMORY_KILLS]],
  );
  return rows;
}

async function signalsNaming(
  client: PoolClient,
  clusterId: number,
  containerIds: readonly string[],
  taskIds: readonly string[],
) {
  const { rows } = await client.query<StoredSignalRow>(
    `SELECT ${SIGNAL_COLUMNS} FROM log_signal
     WHERE cluster_id = $1 AND container_id IS NOT NULL AND container_id = ANY($2::text[])
     UNION ALL
     SELECT ${SIGNAL_COLUMNS} FROM log_signal
     WHERE cluster_id = $1 AND task_id IS NOT NULL AND task_id = ANY($3::text[])
     LIMIT ${MAX_OF_A_KIND}`,
    [clusterId, containerIds, taskIds],
  );
  return rows;
}

type Span = { host: string; from: number; to: number };

/**
 * Overlapping spans of a host as one, so that a storm on a host is asked for once; but none longer than ten minutes, as of
 * one span only the first thousand rows are read, which would be taken for all of a day's.
 */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const ofHost of groupBy(spans, ({ host }) => host).values()) {
    ofHost.sort((a, b) => a.from - b.from);
    let last: Span | undefined;
    for (const span of ofHost) {
      if (last && span.to <= last.to) continue;
      if (last && span.from <= last.to && span.to - last.from <= LONGEST_SPAN_MS) last.to = span.to;
      else {
        last = { ...span, from: last && span.from <= last.to ? last.to : span.from };
        merged.push(last);
      }
    }
  }
  return merged;
}

function columnsOf(spans: readonly Span[]): [string[], Date[], Date[]] {
  return [
    spans.map(({ host }) => host),
    spans.map(({ from }) => new Date(from)),
    spans.map(({ to }) => new Date(to)),
  ];
}
