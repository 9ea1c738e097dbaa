import type { TiedTask } from '@/lib/contracts/evidence';
import type { Db } from '@/lib/db/pool';
import type { LogSignal } from '@/lib/domain/log-signal';
import { correlate, type KnownContainer, MEMORY_KILLS, OPEN_TO_MEMORY_KILL } from '@/lib/evidence/correlate';
import { addressOfPid, createHostMatcher, type HostMatcher } from '@/lib/evidence/host-names';
import { signalWindow } from '@/lib/evidence/signal-window';
import type { PlacedSignal, TieableEnd } from '@/lib/evidence/tieable';

/** A signal of the log, the task that the log's own lines say it is about, and where in the list it stands. */
export type PastedSignal = { signal: LogSignal; taskIds: readonly string[] };

export type PastedTies = {
  /** By index of the signal: stored ends it is tied to. */
  tasks: Map<number, TiedTask[]>;
  /** By index: the agent's hostname; absent: no agent we know. */
  hosts: Map<number, string>;
};

const MAX_ENDS = 2_000;
const MAX_CLUSTERS = 10;
const DOCKER_ID = /^[0-9a-f]{12,64}$/;

/**
 * Ties signals that are not stored to the task ends that are, as the collector ties stored ones: by container, pid and
 * task, and kills for memory by host, time and limit. `cluster`: only that one's; null: every cluster's.
 *
 * Cost: for each cluster its agents, and a few index ranges whatever the number of signals.
 */
export async function tiePastedLog(
  db: Db,
  signals: readonly PastedSignal[],
  { cluster, now }: { cluster: string | null; now: Date },
): Promise<PastedTies> {
  const found: PastedTies = { tasks: new Map(), hosts: new Map() };
  if (signals.length === 0) return found;
  const { rows } = await db.query<{ id: number; name: string }>(
    'SELECT id, name FROM cluster WHERE $1::text IS NULL OR name = $1 ORDER BY id LIMIT $2',
    [cluster, MAX_CLUSTERS],
  );
  for (const { id, name } of rows) await tieInCluster(db, signals, { id, name, now }, found);
  return found;
}

async function tieInCluster(
  db: Db,
  signals: readonly PastedSignal[],
  { id: clusterId, name, now }: { id: number; name: string; now: Date },
  found: PastedTies,
): Promise<void> {
  const match = await hostMatcher(db, clusterId);
  const placed: PlacedSignal[] = signals.map(({ signal }, index) => ({
    id: String(index),
    signal,
    host: match(signal.host),
    at: signal.at ?? now,
    atKnown: signal.at !== null,
    receivedAt: now,
  }));
  for (const [index, { host }] of placed.entries()) if (host !== null) found.hosts.set(index, host);
  const containers = await containersNear(db, clusterId, placed);
  const ends = await endsNear(db, clusterId, { placed, containers, signals });
  if (ends.length === 0) return;
  const { ties } = correlate({
    signals: placed,
    ends,
    containers,
    statusLines: [],
    proven: [],
    now,
    lastPolledAt: null,
  });
  const byId = new Map(ends.map((end) => [end.id, end]));
  for (const { signalId, endId, by, proof, reason } of ties) {
    const end = byId.get(endId);
    if (end === undefined) continue;
    const index = Number(signalId);
    const task: TiedTask = {
      cluster: name,
      endId,
      taskId: end.taskId,
      appId: end.appId,
      state: end.state,
      finishedAt: end.finishedAt.toISOString(),
      tie: by,
      proof,
      reason,
    };
    found.tasks.set(index, [...(found.tasks.get(index) ?? []), task]);
  }
}

async function hostMatcher(db: Db, clusterId: number): Promise<HostMatcher> {
  const agents = await db.query<{ hostname: string; pid: string | null }>(
    'SELECT DISTINCT hostname, pid FROM agent WHERE cluster_id = $1',
    [clusterId],
  );
  const aliases = await db.query<{ printed_host: string; host: string }>(
    'SELECT printed_host, host FROM host_alias WHERE cluster_id = $1',
    [clusterId],
  );
  return createHostMatcher(
    agents.rows.map(({ hostname, pid }) => ({ hostname, ip: addressOfPid(pid) })),
    new Map(aliases.rows.map((row) => [row.printed_host, row.host])),
  );
}

/** Containers that the log names, and those whose first process it names. */
async function containersNear(
  db: Db,
  clusterId: number,
  placed: readonly PlacedSignal[],
): Promise<KnownContainer[]> {
  const ids = unique(placed.flatMap(({ signal }) => signal.containerId?.toLowerCase() ?? []));
  // Logs print all of Docker's 64 digits, or the first 12.
  const beginnings = unique(ids.filter((id) => DOCKER_ID.test(id)).map((id) => id.slice(0, 12)));
  const processes = placed.flatMap(({ host, signal }) =>
    host === null
      ? []
      : [signal.killedPid, ...signal.processes.map(({ pid }) => pid)].flatMap((pid) =>
          pid === null ? [] : [{ host, pid }],
        ),
  );
  const { rows } = await db.query<KnownContainer>(
    `SELECT container_id AS "containerId", docker_id AS "dockerId", pid, task_id AS "taskId",
       framework_id AS "frameworkId", host, app_id AS "appId", mem_limit_bytes::float8 AS "memLimitBytes",
       told_by AS "toldBy", first_seen_at AS "firstSeenAt", last_seen_at AS "lastSeenAt"
     FROM (
       SELECT * FROM container WHERE cluster_id = $1 AND container_id = ANY($2::text[])
       UNION
       SELECT near.* FROM unnest($3::text[]) AS printed (id) JOIN container AS near
         ON near.cluster_id = $1 AND near.docker_id >= printed.id AND near.docker_id < printed.id || 'g'
       UNION
       SELECT near.* FROM (SELECT DISTINCT * FROM unnest($4::text[], $5::int[]) AS listed (host, pid)) AS listed
         JOIN container AS near ON near.cluster_id = $1 AND near.host = listed.host AND near.pid = listed.pid
     ) AS named LIMIT ${MAX_ENDS}`,
    [clusterId, ids, beginnings, processes.map(({ host }) => host), processes.map(({ pid }) => pid)],
  );
  return rows;
}

async function endsNear(
  db: Db,
  clusterId: number,
  {
    placed,
    containers,
    signals,
  }: {
    placed: readonly PlacedSignal[];
    containers: readonly KnownContainer[];
    signals: readonly PastedSignal[];
  },
): Promise<TieableEnd[]> {
  const containerIds = unique([
    ...placed.flatMap(({ signal }) => signal.containerId ?? []),
    ...containers.map(({ containerId }) => containerId),
  ]);
  const taskIds = unique([
    ...signals.flatMap((one) => one.taskIds),
    ...placed.flatMap(({ signal }) => signal.taskId ?? []),
    ...containers.flatMap(({ taskId }) => taskId ?? []),
  ]);
  const kills = placed.flatMap(({ signal, host, at, atKnown }) =>
    host !== null && atKnown && MEMORY_KILLS.has(signal.signature) ? [{ host, at: at.getTime() }] : [],
  );
  const { rows } = await db.query<TieableEnd>(
    `WITH named AS (
       SELECT id, finished_at FROM task_end WHERE cluster_id = $1 AND container_id = ANY($2::text[])
       UNION
       SELECT id, finished_at FROM task_end WHERE cluster_id = $1 AND task_id = ANY($3::text[])
       UNION
       SELECT near.id, near.finished_at FROM unnest($4::text[], $5::timestamptz[], $6::timestamptz[]) AS span (host, from_at, to_at)
       JOIN task_end AS near ON near.cluster_id = $1 AND near.host = span.host
         AND near.finished_at BETWEEN span.from_at AND span.to_at AND near.cause = ANY($7::text[])
     )
     SELECT id, hostname, task_id AS "taskId", framework_id AS "frameworkId", app_id AS "appId",
       container_id AS "containerId", containerizer, image, state, cause, exit_code AS "exitCode", signal,
       mem_mb AS "memMb", started_at AS "startedAt", finished_at AS "finishedAt", finished_at_known AS "finishedAtKnown"
     FROM task_end JOIN named USING (id, finished_at)
     WHERE cluster_id = $1 AND reopened_at IS NULL ORDER BY finished_at DESC LIMIT ${MAX_ENDS}`,
    [
      clusterId,
      containerIds,
      taskIds,
      kills.map(({ host }) => host),
      kills.map(({ at }) => new Date(at - signalWindow.beforeMs)),
      kills.map(({ at }) => new Date(at + signalWindow.afterMs)),
      OPEN_TO_MEMORY_KILL,
    ],
  );
  return rows;
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];
