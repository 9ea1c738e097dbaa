import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PoolClient } from 'pg';

import type { LogFact, LogSighting } from '@/lib/domain/log-signal';
import { groupBy } from '@/lib/evidence/group-by';
import { addressOfPid, createHostMatcher, type HostMatcher, plainName } from '@/lib/evidence/host-names';

import { ensureMonths } from './apply-task-ends';
import { cut, plausibleAt, type SignalRow, toSignalRow } from './log-signal-row';
import { appIdOf } from './marathon-context';
import { sanitize } from './sanitize';

export type LogFacts = {
  clusterId: number;
  facts: readonly LogFact[];
  receivedAt: Date;
  /** Who sent the lines; null: a file, or not known. */
  peerAddress: string | null;
};

/** `duplicateLines`: lines of signals that were stored already. */
export type FactsStored = { signals: number; duplicateLines: number };

const BATCH_ROWS = 500;
/** Of one statement, where rows hold whole process tables. */
const BATCH_CHARS = 1_000_000;
const TURN_MS = 8;
const MAX_ID = 512;
const MAX_NAME = 255;

/**
 * Writes what log lines told, inside the caller's transaction: signals, unsettled, for the collector to tie; containers
 * and status updates, which tie them. Facts that are stored already change nothing. Signals that a new container or
 * status update may tie are unsettled again. Cost without facts: nothing; else one read of the agents.
 */
export async function storeLogFacts(client: PoolClient, given: LogFacts): Promise<FactsStored> {
  if (given.facts.length === 0) return { signals: 0, duplicateLines: 0 };
  const signals = given.facts.flatMap((fact) => ('signal' in fact ? [fact.signal] : []));
  const sightings = given.facts.flatMap((fact) => ('sighting' in fact ? [fact.sighting] : []));
  const match = await hostMatcher(client, given.clusterId);
  const printed = new Set(
    [...signals, ...sightings].flatMap(({ host }) => (host === null ? [] : [plainName(host)])),
  );
  // One that sends for several hosts is a relay: its address is none of theirs.
  const peer = printed.size > 1 ? null : given.peerAddress;
  const hostOf = (name: string | null) => match(name, peer);

  const rows: SignalRow[] = [];
  let turnAt = performance.now();
  for (const signal of signals) {
    const { clusterId, receivedAt } = given;
    rows.push(toSignalRow(signal, { clusterId, host: hostOf(signal.host), receivedAt }));
    // A flood of signals must not hold up the pages.
    if (performance.now() - turnAt < TURN_MS) continue;
    await nextTurn();
    turnAt = performance.now();
  }
  const stored = await insertSignals(client, given, rows);
  await upsertContainers(client, given, sightings, hostOf);
  await insertStatusUpdates(client, given, sightings, hostOf);
  return stored;
}

/** Finds agents by the names that logs print. Cost: reads the agents of the cluster, 15 ms for 10,000. */
export async function hostMatcher(client: PoolClient, clusterId: number): Promise<HostMatcher> {
  const agents = await client.query<{ hostname: string; pid: string | null }>(
    'SELECT DISTINCT hostname, pid FROM agent WHERE cluster_id = $1',
    [clusterId],
  );
  const aliases = await client.query<{ printed_host: string; host: string }>(
    'SELECT printed_host, host FROM host_alias WHERE cluster_id = $1',
    [clusterId],
  );
  return createHostMatcher(
    agents.rows.map(({ hostname, pid }) => ({ hostname, ip: addressOfPid(pid) })),
    new Map(aliases.rows.map((row) => [row.printed_host, row.host])),
  );
}

async function insertSignals(
  client: PoolClient,
  { clusterId, receivedAt }: LogFacts,
  rows: readonly SignalRow[],
): Promise<FactsStored> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  await ensureMonths(
    client,
    'log_signal',
    [...byId.values()].map(({ at }) => at),
    receivedAt,
  );
  const fresh = new Set<string>();
  for (const part of batches([...byId.values()])) {
    // Looked up first: where no time was told, `at` is when the lines came, and the key would not be the same again.
    const inserted = await client.query<{ id: string }>(
      `INSERT INTO log_signal
       SELECT * FROM json_populate_recordset(NULL::log_signal, $2::json) AS sent
       WHERE NOT EXISTS (SELECT 1 FROM log_signal AS stored WHERE stored.cluster_id = $1 AND stored.id = sent.id)
       ON CONFLICT DO NOTHING
       RETURNING id`,
      [clusterId, part],
    );
    for (const { id } of inserted.rows) fresh.add(id);
  }
  // Of two with one id in one batch, the first is new and the second a duplicate.
  const seen = new Set<string>();
  let duplicateLines = 0;
  for (const { id, lines } of rows) {
    if (!fresh.has(id) || seen.has(id)) duplicateLines += lines.length;
    seen.add(id);
  }
  return { signals: fresh.size, duplicateLines };
}

/** JSON arrays of rows. */
function* batches(rows: readonly SignalRow[]): Generator<string> {
  let part: string[] = [];
  let chars = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    if (part.length === BATCH_ROWS || (part.length > 0 && chars + text.length > BATCH_CHARS)) {
      yield `[${part.join(',')}]`;
      part = [];
      chars = 0;
    }
    part.push(text);
    chars += text.length;
  }
  if (part.length > 0) yield `[${part.join(',')}]`;
}

async function upsertContainers(
  client: PoolClient,
  { clusterId, receivedAt }: LogFacts,
  sightings: readonly LogSighting[],
  hostOf: (printed: string | null) => string | null,
): Promise<void> {
  const named = sightings.flatMap((sighting) => {
    const dockerId = cut(sighting.dockerId?.toLowerCase() ?? null, MAX_ID);
    // Without the Mesos id, Docker's own stands for it.
    const containerId = cut(sighting.mesosContainerId, MAX_ID) ?? dockerId;
    return sighting.kind === 'container' && containerId !== null ? [{ sighting, containerId, dockerId }] : [];
  });
  if (named.length === 0) return;
  const frameworks = await client.query<{ framework_id: string; name: string }>(
    'SELECT framework_id, name FROM framework WHERE cluster_id = $1',
    [clusterId],
  );
  const frameworkNames = new Map(frameworks.rows.map((row) => [row.framework_id, row.name]));
  const rows = named.map(({ sighting, containerId, dockerId }) => {
    const { taskId, frameworkId, host, at, pid } = sighting;
    return {
      cluster_id: clusterId,
      container_id: containerId,
      docker_id: dockerId,
      pid: pid !== null && Number.isInteger(pid) && pid > 0 && pid < 2 ** 31 ? pid : null,
      framework_id: cut(frameworkId, MAX_ID),
      task_id: cut(taskId, MAX_ID),
      agent_id: null,
      host: hostOf(host),
      app_id:
        taskId === null
          ? null
          : appIdOf({
              taskId,
              frameworkId: frameworkId ?? '',
              frameworkName: frameworkNames.get(frameworkId ?? '') ?? null,
              watched: () => false,
            }),
      mem_limit_bytes: null,
      told_by: 'log',
      first_seen_at: plausibleAt(at, receivedAt) ?? receivedAt,
      // Not the line's time: a log of last month must not be forgotten before it could tie anything.
      last_seen_at: receivedAt,
    };
  });
  // Several lines tell of one container, each a part.
  const merged = [...groupBy(rows, (row) => row.container_id).values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const whole = { ...first };
    for (const row of others) {
      whole.docker_id ??= row.docker_id;
      whole.pid ??= row.pid;
      whole.framework_id ??= row.framework_id;
      whole.task_id ??= row.task_id;
      whole.host ??= row.host;
      whole.app_id ??= row.app_id;
      if (row.first_seen_at < whole.first_seen_at) whole.first_seen_at = row.first_seen_at;
    }
    return [whole];
  });
  const told = await client.query<{ container_id: string; docker_id: string | null }>(
    `INSERT INTO container AS known
     SELECT * FROM json_populate_recordset(NULL::container, $1::json) ORDER BY container_id
     ON CONFLICT (cluster_id, container_id) DO UPDATE SET
       docker_id = coalesce(known.docker_id, excluded.docker_id), pid = coalesce(known.pid, excluded.pid),
       framework_id = coalesce(known.framework_id, excluded.framework_id),
       task_id = coalesce(known.task_id, excluded.task_id), host = coalesce(known.host, excluded.host),
       app_id = coalesce(known.app_id, excluded.app_id),
       first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
       last_seen_at = CASE WHEN known.told_by = 'log' THEN excluded.last_seen_at ELSE known.last_seen_at END
     WHERE (known.docker_id IS NULL AND excluded.docker_id IS NOT NULL)
        OR (known.pid IS NULL AND excluded.pid IS NOT NULL)
        OR (known.task_id IS NULL AND excluded.task_id IS NOT NULL)
        OR (known.host IS NULL AND excluded.host IS NOT NULL)
        OR known.first_seen_at > excluded.first_seen_at
     RETURNING container_id, docker_id`,
    [JSON.stringify(sanitize(merged))],
  );
  await unsettleByContainer(
    client,
    clusterId,
    told.rows.flatMap(({ container_id, docker_id }) => [
      container_id,
      ...(docker_id === null ? [] : [docker_id]),
    ]),
  );
}

/** Signals that name a container which was not known when they were looked at. Ids may be printed as Docker's twelve digits. */
async function unsettleByContainer(
  client: PoolClient,
  clusterId: number,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const printed = new Set(ids.flatMap((id) => (/^[0-9a-f]{64}$/.test(id) ? [id, id.slice(0, 12)] : [id])));
  await client.query(
    `UPDATE log_signal SET settled_at = NULL
     WHERE cluster_id = $1 AND container_id = ANY($2::text[]) AND settled_at IS NOT NULL
       AND about IS DISTINCT FROM 'foreign'`,
    [clusterId, [...printed]],
  );
}

async function insertStatusUpdates(
  client: PoolClient,
  { clusterId, receivedAt }: LogFacts,
  sightings: readonly LogSighting[],
  hostOf: (printed: string | null) => string | null,
): Promise<void> {
  const rows = sightings.flatMap(({ kind, host, at, taskId, frameworkId, state }) => {
    const told = plausibleAt(at, receivedAt);
    // Without a time it puts nothing side by side.
    if (kind !== 'status_update' || told === null || taskId === null || state === null) return [];
    return [
      {
        host: hostOf(host) ?? cut(plainName(host ?? ''), MAX_NAME) ?? '',
        at: told,
        taskId: cut(taskId, MAX_ID) ?? '',
        state: cut(state, 64) ?? '',
        frameworkId: cut(frameworkId, MAX_ID),
      },
    ];
  });
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    const part = sanitize(rows.slice(at, at + BATCH_ROWS));
    await client.query(
      `WITH added AS (
         INSERT INTO log_status_update (cluster_id, host, at, task_id, state, framework_id, received_at)
         SELECT DISTINCT ON (host, at, task_id, state) $1::smallint, host, at, task_id, state, framework_id, $7
         FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
           AS sent (host, at, task_id, state, framework_id)
         ORDER BY host, at, task_id, state
         ON CONFLICT DO NOTHING
         RETURNING host, at
       )
       UPDATE log_signal SET settled_at = NULL
       FROM (SELECT DISTINCT s.id, s.at FROM added JOIN log_signal AS s
               ON s.cluster_id = $1 AND s.host = added.host
              AND s.at BETWEEN added.at - interval '150 s' AND added.at + interval '5 s'
             WHERE s.settled_at IS NOT NULL AND s.signature IN ('memcg_oom', 'global_oom', 'mesos_agent_oom_report')
               AND s.about IS DISTINCT FROM 'foreign') AS near
       WHERE log_signal.cluster_id = $1 AND log_signal.id = near.id AND log_signal.at = near.at`,
      [
        clusterId,
        part.map(({ host }) => host),
        part.map((row) => row.at),
        part.map(({ taskId }) => taskId),
        part.map(({ state }) => state),
        part.map(({ frameworkId }) => frameworkId),
        receivedAt,
      ],
    );
  }
}
