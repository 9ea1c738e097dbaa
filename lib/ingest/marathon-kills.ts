import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import type { AnnouncedKill } from '@/lib/domain/verdict';

import { assertLease, type Lease } from './lease';
import { killNames } from './marathon-context';
import { sanitize } from './sanitize';

/** A kill for failing health checks as a Marathon's event stream told it. */
export type ToldKill = AnnouncedKill & { frameworkId: string; taskId: string; appId: string | null };

/** By framework id and name. */
type Kills = Map<string, Map<string, AnnouncedKill>>;

const KEPT_DAYS = 2;
const KEPT_A_FRAMEWORK = 10_000;

/** The announced kills of the last two days, at most 10,000. Cost: one range read. */
export async function loadKills(pool: Pool, clusterId: number): Promise<Kills> {
  const { rows } = await pool.query<ToldKill>(
    `SELECT framework_id AS "frameworkId", task_id AS "taskId", app_id AS "appId", reason, at FROM marathon_kill
     WHERE cluster_id = $1 AND at > now() - make_interval(days => $2) ORDER BY at DESC LIMIT $3`,
    [clusterId, KEPT_DAYS, KEPT_A_FRAMEWORK],
  );
  const kills: Kills = new Map();
  for (const kill of rows.reverse()) rememberKill(kills, kill);
  return kills;
}

/** The kills of one Marathon by their names: the live map, so that one announced later is seen. */
export function killsOf(kills: Kills, frameworkId: string): Map<string, AnnouncedKill> {
  const known = kills.get(frameworkId) ?? new Map<string, AnnouncedKill>();
  kills.set(frameworkId, known);
  return known;
}

/** Of many only the newest 10,000 names of a framework are kept. */
export function rememberKill(kills: Kills, { frameworkId, taskId, at, reason }: ToldKill): void {
  const known = killsOf(kills, frameworkId);
  for (const name of killNames(taskId)) {
    known.delete(name);
    known.set(name, { at, reason });
  }
  for (const oldest of known.keys()) {
    if (known.size <= KEPT_A_FRAMEWORK) return;
    known.delete(oldest);
  }
}

/** Stores announced kills, under the lease; telling one twice changes nothing. Throws LEASE_LOST; database errors propagate. */
export async function storeKills(pool: Pool, lease: Lease, kills: readonly ToldKill[]): Promise<void> {
  await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    await client.query(
      `INSERT INTO marathon_kill (cluster_id, framework_id, task_id, at, kind, app_id, reason)
       SELECT $1, framework_id, task_id, at, 'unhealthy', app_id, reason
       FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
         AS told (framework_id, task_id, at, app_id, reason)
       ON CONFLICT DO NOTHING`,
      [
        lease.clusterId,
        kills.map(({ frameworkId }) => sanitize(frameworkId)),
        kills.map(({ taskId }) => sanitize(taskId)),
        kills.map(({ at }) => at),
        kills.map(({ appId }) => sanitize(appId)),
        kills.map(({ reason }) => sanitize(reason)),
      ],
    );
  });
}

/** Stored kills by framework id and name, of those names alone. Cost: an index probe a name. */
export async function killsNamed(
  client: PoolClient,
  clusterId: number,
  names: readonly { frameworkId: string; name: string }[],
): Promise<Kills> {
  const kills: Kills = new Map();
  if (names.length === 0) return kills;
  const { rows } = await client.query<ToldKill>(
    `SELECT kill.framework_id AS "frameworkId", kill.task_id AS "taskId", app_id AS "appId", reason, at
     FROM unnest($2::text[], $3::text[]) AS named (framework_id, task_id)
     JOIN marathon_kill AS kill
       ON kill.cluster_id = $1 AND kill.framework_id = named.framework_id AND kill.task_id = named.task_id
     ORDER BY at`,
    [clusterId, names.map(({ frameworkId }) => frameworkId), names.map(({ name }) => name)],
  );
  for (const kill of rows) rememberKill(kills, kill);
  return kills;
}
