import type { SurvivorItem } from '@/lib/contracts/evidence';
import type { AppDetailBody, OverviewBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf, namesById } from './cluster-scope';
import { toProof } from './known-words';
import { SIGNAL_COLUMNS, type SignalRow, toSignalItem } from './signal-row';

const MAX_LISTED = 20;
const MAX_APPS = 8;

/** Kills by the kernel; other signals of a running task are no deaths. */
const KILLS = ['memcg_oom', 'global_oom', 'mesos_agent_oom_report'];

type Row = SignalRow & {
  total: number;
  about_task_id: string | null;
  about_proof: string | null;
  about_reason: string | null;
};

/**
 * Kernel kills in [from, to) inside containers of an app that lived on: how many, and the newest 20.
 * Errors: a database failure propagates. Cost: an index range of the app's signals.
 */
export async function appSurvivors(
  db: Db,
  clusterId: number,
  appId: string,
  { from, to }: Window,
): Promise<AppDetailBody['survivors']> {
  const { rows } = await db.query<Row>(
    `SELECT (count(*) OVER ())::int AS total, s.about_task_id, s.about_proof, s.about_reason, ${SIGNAL_COLUMNS}
     FROM log_signal s
     WHERE s.cluster_id = $1 AND s.app_id = $2 AND s.at >= $3 AND s.at < $4 AND s.about = 'running'
       AND s.signature = ANY ($6)
     ORDER BY s.at DESC, s.id LIMIT $5`,
    [clusterId, appId, from, to, MAX_LISTED, KILLS],
  );
  return { total: rows[0]?.total ?? 0, items: rows.flatMap(toSurvivor) };
}

function toSurvivor(row: Row): SurvivorItem[] {
  const signal = toSignalItem(row);
  if (signal === null) return [];
  const { about_proof: proof, about_reason: reason, about_task_id: taskId } = row;
  return [
    {
      signal,
      proof: proof === null ? 'possible' : toProof(proof),
      reason: reason ?? 'A task of this app that lives on.',
      taskId,
    },
  ];
}

type AppRow = { cluster_id: number; app_id: string; kills: number; last_at: Date };

/**
 * Apps with such kills in [from, to), most kills first, at most 8.
 * Errors: a database failure propagates. Cost: an index range of the kernel's kills of the window.
 */
export async function listSurvivors(
  db: Db,
  clusters: readonly ClusterScope[],
  { from, to }: Window,
): Promise<OverviewBody['survivors']> {
  const { rows } = await db.query<AppRow>(
    `SELECT cluster_id, app_id, count(*)::int AS kills, max(at) AS last_at
     FROM log_signal
     WHERE cluster_id = ANY ($1::smallint[]) AND signature = ANY ($4) AND at >= $2 AND at < $3
       AND about = 'running' AND app_id IS NOT NULL
     GROUP BY cluster_id, app_id ORDER BY kills DESC, last_at DESC, app_id LIMIT $5`,
    [idsOf(clusters), from, to, KILLS, MAX_APPS],
  );
  const names = namesById(clusters);
  return rows.map((row) => ({
    cluster: names.get(row.cluster_id) ?? '',
    appId: row.app_id,
    kills: row.kills,
    lastAt: row.last_at.toISOString(),
  }));
}
