import type { StuckKillItem } from '@/lib/contracts/evidence';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import type { ClusterScope } from './cluster-scope';

const MAX_KILLS = 50;

type Row = {
  task_id: string;
  host: string | null;
  app_id: string | null;
  kind: string;
  since: Date;
  limit_seconds: number;
  last_seen_at: Date;
  ended_at: Date | null;
};

/**
 * Kills not obeyed in [from, to) by tasks of one host or app, those still stuck first, then the newest, at most 50.
 * Errors: a database failure propagates. Cost: an index range over the stuck kills of the window; they are rare.
 */
export async function listStuckKills(
  db: Db,
  cluster: ClusterScope,
  { from, to }: Window,
  of: { host: string } | { appId: string },
): Promise<StuckKillItem[]> {
  const { rows } = await db.query<Row>(
    `SELECT task_id, host, app_id, kind, since, limit_seconds, last_seen_at, ended_at
     FROM stuck_kill
     WHERE cluster_id = $1 AND last_seen_at >= $2 AND since < $3
       AND ($4::text IS NULL OR host = $4) AND ($5::text IS NULL OR app_id = $5)
     ORDER BY ended_at IS NOT NULL, since DESC, task_id LIMIT $6`,
    [cluster.id, from, to, 'host' in of ? of.host : null, 'appId' in of ? of.appId : null, MAX_KILLS],
  );
  return rows.map((row) => ({
    cluster: cluster.name,
    taskId: row.task_id,
    host: row.host,
    appId: row.app_id,
    kind: row.kind === 'marathon' ? 'marathon' : 'task_killing',
    since: row.since.toISOString(),
    limitSeconds: row.limit_seconds,
    lastSeenAt: row.last_seen_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  }));
}
