import type { StatusBody } from '@/lib/contracts/status';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf, namesById } from './cluster-scope';

type Ledger = StatusBody['ledger'][number];

const MAX_LIVES = 20;

type Row = {
  cluster_id: number;
  master_id: string;
  elected_at: Date;
  is_current: boolean;
  state: string;
  base: string;
  counted: string;
  refused: string;
  stored: string;
  uncounted: string;
  escaped: string;
  escaped_at: Date | null;
  first_read_at: Date;
  last_read_at: Date | null;
};

/**
 * What each life of a leading master counted, held against what is stored (lib/ingest/plan-ledger.ts tells how): the
 * newest 20 lives of each cluster, newest first.
 *
 * Shape: `counted` is the growth since `since`, without what the master refused before launch; `escaped` of it is surely
 * not stored, and 0 is what it should be. States that were never counted nor stored are left out.
 * Errors: a database failure propagates. Cost: the newest rows of a small table by its key.
 */
export async function readLedgers(db: Db, clusters: readonly ClusterScope[]): Promise<Ledger[]> {
  const { rows } = await db.query<Row>(
    `SELECT life.is_current, kept.*
     FROM cluster
     CROSS JOIN LATERAL (
       SELECT DISTINCT elected_at, master_id,
              elected_at = cluster.elected_at AND master_id = cluster.master_id AS is_current
       FROM ledger WHERE cluster_id = cluster.id ORDER BY elected_at DESC, master_id LIMIT $2
     ) AS life
     JOIN ledger AS kept ON kept.cluster_id = cluster.id AND kept.elected_at = life.elected_at
                        AND kept.master_id = life.master_id
     WHERE cluster.id = ANY ($1::smallint[])
     ORDER BY cluster.name, kept.elected_at DESC, kept.master_id, kept.state`,
    [idsOf(clusters), MAX_LIVES],
  );
  const names = namesById(clusters);
  const lives = new Map<string, Ledger>();
  for (const row of rows) {
    const key = `${row.cluster_id} ${row.elected_at.getTime()} ${row.master_id}`;
    const life = lives.get(key) ?? newLife(row, names.get(row.cluster_id) ?? '');
    lives.set(key, life);
    // Where anything was counted before we watched, all is counted from our first reading on.
    if (Number(row.base) > 0) life.since = row.first_read_at.toISOString();
    const readAt = row.last_read_at?.toISOString() ?? null;
    if (readAt !== null && (life.readAt === null || readAt > life.readAt)) life.readAt = readAt;
    const escapedAt = row.escaped_at?.toISOString() ?? null;
    if (escapedAt !== null && (life.escapedAt === null || escapedAt > life.escapedAt))
      life.escapedAt = escapedAt;
    const state = toState(row);
    if (state.counted === 0 && state.stored === 0 && state.refused === 0) continue;
    life.states.push(state);
    life.counted += state.counted;
    life.refused += state.refused;
    life.escaped += state.escaped;
  }
  return [...lives.values()];
}

function newLife(row: Row, cluster: string): Ledger {
  return {
    cluster,
    masterId: row.master_id,
    electedAt: row.elected_at.toISOString(),
    isCurrent: row.is_current,
    since: row.elected_at.toISOString(),
    readAt: null,
    counted: 0,
    refused: 0,
    escaped: 0,
    escapedAt: null,
    states: [],
  };
}

function toState(row: Row): Ledger['states'][number] {
  const refused = Number(row.refused);
  return {
    state: row.state,
    base: Number(row.base),
    counted: Math.max(0, Number(row.counted) - Number(row.base) - refused),
    refused,
    stored: Number(row.stored),
    uncounted: Number(row.uncounted),
    escaped: Number(row.escaped),
  };
}
