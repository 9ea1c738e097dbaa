import type { Pool } from 'pg';

import { endKey, type SeenEnd } from '@/lib/domain/seen-ends';
import type { AnnouncedKill } from '@/lib/domain/verdict';

import type { SeenDeployment } from './marathon-context';
import { loadKills } from './marathon-kills';
import type { ToldEnded } from './stream-memory';
import type { WrittenRows } from './written-rows';

/**
 * What the collector keeps between polls, so that a poll need not ask again. Only a cache: it is read from
 * Postgres when the lease is taken, and losing it costs one slower poll.
 */
export type Memory = {
  clusterId: number;
  /** Agents ever seen. */
  hostnames: Map<string, string>;
  /** Frameworks ever seen. */
  frameworkNames: Map<string, string>;
  /** Ends the master offered at the last poll and that are stored, by digest of the bytes that told them. */
  seen: Map<string, SeenEnd>;
  /**
   * Raw identities of ends that the event stream told since it was last opened, until a poll begun after that has been
   * stored: that they are known does not show that nothing was lost while it was closed. See `ringSights`.
   */
  sinceOpened: Set<string>;
  /** When the event stream was opened, or dropped what it told; null: a poll begun after that has been stored. */
  streamOpenedAt: Date | null;
  /** When the event stream last told of an end that only a poll can store; null: a poll begun after that has been. */
  streamLeftAt: Date | null;
  /**
   * Last sign of life of an event stream whose opening a stored poll had bridged: what ended until then was told. Our
   * clock; null: there was none.
   */
  streamAliveAt: Date | null;
  /**
   * Ends that the event stream told and that are stored, by task id: a poll that was being read then may still list
   * their tasks as alive. See lib/ingest/stream-memory.ts.
   */
  toldEnded: Map<string, ToldEnded[]>;
  /** Kills that Marathons announced, by framework id and name, see `killNames`. */
  kills: Map<string, Map<string, AnnouncedKill>>;
  /** Marathons that told what they run, by framework id: until then their ends have no app. */
  watched: Set<string>;
  agentRows: WrittenRows;
  /** By framework id. */
  appRows: Map<string, WrittenRows>;
  /** Config versions as instants, oldest first, by framework id and app id. */
  versions: Map<string, Map<string, Date[]>>;
  /** Deployments that ran in the last days. */
  deployments: SeenDeployment[];
};

const DEPLOYMENTS_KEPT = '8 days';

/** Loads the memory of one cluster. Cost: six range reads. */
export async function loadMemory(pool: Pool, clusterId: number): Promise<Memory> {
  const [agents, frameworks, versions, deployments, kills] = await Promise.all([
    pool.query<{ agent_id: string; hostname: string }>(
      'SELECT agent_id, hostname FROM agent WHERE cluster_id = $1',
      [clusterId],
    ),
    pool.query<{ framework_id: string; name: string }>(
      'SELECT framework_id, name FROM framework WHERE cluster_id = $1',
      [clusterId],
    ),
    pool.query<{ framework_id: string; app_id: string; created: Date[] }>(
      `SELECT framework_id, app_id, array_agg(created_at ORDER BY created_at) AS created
       FROM app_version WHERE cluster_id = $1 GROUP BY 1, 2`,
      [clusterId],
    ),
    pool.query<SeenDeployment>(
      `SELECT deployment_id AS "deploymentId", framework_id AS "frameworkId", version,
              affected_apps AS "affectedApps", actions, first_seen_at AS "firstSeenAt", ended_at AS "endedAt"
       FROM deployment WHERE cluster_id = $1 AND (ended_at IS NULL OR ended_at > now() - $2::interval)`,
      [clusterId, DEPLOYMENTS_KEPT],
    ),
    loadKills(pool, clusterId),
  ]);
  const memory: Memory = {
    clusterId,
    hostnames: new Map(agents.rows.map((row) => [row.agent_id, row.hostname])),
    frameworkNames: new Map(frameworks.rows.map((row) => [row.framework_id, row.name])),
    seen: new Map(),
    sinceOpened: new Set(),
    streamOpenedAt: null,
    streamLeftAt: null,
    streamAliveAt: null,
    toldEnded: new Map(),
    kills,
    watched: new Set(),
    agentRows: new Map(),
    appRows: new Map(),
    versions: new Map(),
    deployments: deployments.rows,
  };
  for (const row of versions.rows) {
    rememberVersions(memory, { frameworkId: row.framework_id, appId: row.app_id, created: row.created });
  }
  return memory;
}

/** Adds config versions of an app, keeping the list sorted and free of doubles. */
export function rememberVersions(
  memory: Memory,
  { frameworkId, appId, created }: { frameworkId: string; appId: string; created: readonly Date[] },
): void {
  const apps = memory.versions.get(frameworkId) ?? new Map<string, Date[]>();
  memory.versions.set(frameworkId, apps);
  const known = apps.get(appId) ?? [];
  // At most polls nothing is new.
  if (created.every((at) => known.some((one) => one.getTime() === at.getTime()))) return;
  const instants = new Set([...known, ...created].map((at) => at.getTime()));
  apps.set(
    appId,
    [...instants].sort((a, b) => a - b).map((ms) => new Date(ms)),
  );
}

/** Makes ends news again that were stored before something about their framework or agent was known. */
export function forgetEnds(
  memory: Memory,
  isConcerned: (task: { frameworkId: string; agentId: string }) => boolean,
): void {
  for (const [words, end] of memory.seen) if (isConcerned(end)) memory.seen.delete(words);
}

/** Names an ended task: a live key with the first status time. */
export function seenKey(task: {
  frameworkId: string;
  taskId: string;
  agentId: string;
  statuses: readonly { at: Date | null }[];
}): string {
  return endKey(task, task.statuses[0]?.at ?? null);
}
