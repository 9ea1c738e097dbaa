import type { PoolClient } from 'pg';

import type { MasterEpoch } from '@/lib/domain/cluster';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { EndState } from '@/lib/domain/task';

import { LEDGER_STATES, type LedgerRow, type LedgerState, planLedger } from './plan-ledger';
import type { EndPlan } from './plan-task-ends';
import { sanitize } from './sanitize';
import type { KnownEnd } from './task-end';

/** One life of a leading master. */
export type Life = Pick<MasterEpoch, 'masterId' | 'electedAt'>;

/**
 * The life whose counters a snapshot's ends moved; null: a cut state did not tell it, or its master tells no time of its
 * election, so that two of its lives could not be told apart.
 */
export function lifeOf({ epoch }: Pick<MasterSnapshot, 'epoch'>): Life | null {
  return epoch.masterId === '' || epoch.electedAt.getTime() === 0 ? null : epoch;
}

export function isSameLife(one: Life, other: Life): boolean {
  return one.masterId === other.masterId && one.electedAt.getTime() === other.electedAt.getTime();
}

/**
 * Begins the ledger of a master that took over from one that was watched, in the caller's transaction and before it
 * stores that poll's ends: all counters were 0 at its election, and what the event stream told of it already counts.
 * Cost: one probe a state; the first time, the ends since the election.
 */
export async function openLedger(
  client: PoolClient,
  clusterId: number,
  life: Life,
  previous: Life | null,
  now: Date,
): Promise<void> {
  if (previous === null || isSameLife(previous, life)) return;
  await client.query(
    `INSERT INTO ledger (cluster_id, master_id, elected_at, state, base, counted, stored, first_read_at)
     SELECT $1, $2, $3, state, 0, 0,
            (SELECT count(*) FROM task_end
             WHERE cluster_id = $1 AND finished_at >= $3 AND task_end.state = counts.state AND reopened_at IS NULL), $5
     FROM unnest($4::text[]) AS counts (state)
     WHERE NOT EXISTS (SELECT 1 FROM ledger AS kept
                       WHERE kept.cluster_id = $1 AND kept.elected_at = $3 AND kept.master_id = $2
                         AND kept.state = counts.state)`,
    [clusterId, sanitize(life.masterId), life.electedAt, LEDGER_STATES, now],
  );
}

/**
 * Adds what a plan stores to the ledger of the master's life, in the caller's transaction: each new end, and each end
 * that became of another state or ended again. Ends from before the election are none of this master's counting.
 */
export async function addToLedger(
  client: PoolClient,
  clusterId: number,
  life: Life,
  { insert, revise }: EndPlan,
  known: ReadonlyMap<string, KnownEnd>,
): Promise<void> {
  const counts = new Map<EndState, number>();
  const count = (end: { state: EndState; finishedAt: Date }) => {
    if (end.finishedAt >= life.electedAt) counts.set(end.state, (counts.get(end.state) ?? 0) + 1);
  };
  for (const end of insert) count(end);
  for (const { oldId, end } of revise) {
    const stored = known.get(oldId);
    if (stored && (stored.state !== end.state || (stored.reopenedAt && !end.reopenedAt))) count(end);
  }
  if (counts.size === 0) return;
  await client.query(
    `UPDATE ledger SET stored = stored + added.ends
     FROM unnest($4::text[], $5::int[]) AS added (state, ends)
     WHERE cluster_id = $1 AND master_id = $2 AND elected_at = $3 AND ledger.state = added.state`,
    [clusterId, sanitize(life.masterId), life.electedAt, [...counts.keys()], [...counts.values()]],
  );
}

/**
 * Reads a whole poll's counters into the ledger, in its transaction and after its ends are stored: see `planLedger`.
 * Without counters (a time-out) the ledger stands as it is. Cost: one probe, and one write of at most eight rows.
 */
export async function readIntoLedger(
  client: PoolClient,
  clusterId: number,
  life: Life,
  { counters, countersBefore = null }: Pick<MasterSnapshot, 'counters' | 'countersBefore'>,
  ahead: EndsAhead,
  now: Date,
): Promise<void> {
  if (counters === null) return;
  const rows = await ledgerRows(client, clusterId, life);
  const planned = planLedger({
    rows,
    before: countersBefore,
    after: counters,
    later: rows.length === 0 ? ahead.unlisted : ahead.later,
  });
  if (planned.length === 0) return;
  const column = (name: keyof LedgerRow) => planned.map((row) => row[name]);
  await client.query(
    `INSERT INTO ledger AS kept (cluster_id, master_id, elected_at, first_read_at, last_read_at, state, base, counted,
                                 refused_base, refused, stored, uncounted, escaped, suspected, doubts, doubted)
     SELECT $1, $2, $3, $4, $4, * FROM unnest($5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
                                              $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
                                              $14::int[], $15::bigint[])
     ON CONFLICT (cluster_id, elected_at, master_id, state) DO UPDATE SET
       counted = excluded.counted, refused = excluded.refused, uncounted = excluded.uncounted,
       escaped = excluded.escaped, suspected = excluded.suspected, doubts = excluded.doubts,
       doubted = excluded.doubted,
       escaped_at = CASE WHEN excluded.escaped > kept.escaped THEN excluded.last_read_at ELSE kept.escaped_at END,
       last_read_at = excluded.last_read_at`,
    [
      clusterId,
      sanitize(life.masterId),
      life.electedAt,
      now,
      column('state'),
      column('base'),
      column('counted'),
      column('refusedBase'),
      column('refused'),
      column('stored'),
      column('uncounted'),
      column('escaped'),
      column('suspected'),
      column('doubts'),
      column('doubted'),
    ],
  );
}

async function ledgerRows(client: PoolClient, clusterId: number, life: Life): Promise<LedgerRow[]> {
  const { rows } = await client.query<
    Record<Exclude<keyof LedgerRow, 'state'>, string> & { state: LedgerState }
  >(
    `SELECT state, base, counted, refused_base AS "refusedBase", refused, stored, uncounted, escaped, suspected,
            doubts, doubted FROM ledger
     WHERE cluster_id = $1 AND elected_at = $3 AND master_id = $2`,
    [clusterId, sanitize(life.masterId), life.electedAt],
  );
  // bigint comes as text.
  return rows.map(({ state, ...counts }) => ({
    state,
    base: Number(counts.base),
    counted: Number(counts.counted),
    refusedBase: Number(counts.refusedBase),
    refused: Number(counts.refused),
    stored: Number(counts.stored),
    uncounted: Number(counts.uncounted),
    escaped: Number(counts.escaped),
    suspected: Number(counts.suspected),
    doubts: Number(counts.doubts),
    doubted: Number(counts.doubted),
  }));
}

/** Ends that are stored with this poll and that its lists do not hold, by state. */
export type EndsAhead = {
  /** In no list: the event stream told them while the lists were read. */
  unlisted: Map<EndState, number>;
  /** Those, and what GET_TASKS told and /state, which was read before it, did not. */
  later: Map<EndState, number>;
};
