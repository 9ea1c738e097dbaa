import type { CauseCount } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';
import type { Cause, Disposition } from '@/lib/domain/cause';
import type { EndState } from '@/lib/domain/task';

import { type ClusterScope, idsOf } from './cluster-scope';
import { toCause, toDisposition, toEndState } from './known-words';
import { hoursOfWindow } from './whole-hours';

const HOUR_MS = 3_600_000;

export type EndFilter = {
  host?: string | undefined;
  /** With its leading slash. */
  app?: string | undefined;
  fingerprint?: string | undefined;
};

export type EndCount = {
  /** Start of the bucket, aligned to UTC; null where no step was asked for. */
  start: Date | null;
  state: EndState;
  cause: Cause;
  disposition: Disposition;
  ends: number;
};

type Row = { start: Date | null; state: string; cause: string; disposition: string; ends: number };

/**
 * Task ends of [from, to) that still count (not reopened), by bucket, state, cause and disposition.
 *
 * Shape: only what occurred; `stepMs` null: the whole window as one bucket. Buckets are aligned to the epoch.
 * Errors: a database failure propagates.
 * Cost: without filter and with whole hours as step, the hourly rollup (some ten rows an hour) and the two cut
 * hours at the edges from task_end; else one index range of task_end.
 */
export async function countEnds(
  db: Db,
  clusters: readonly ClusterScope[],
  { from, to }: Window,
  { stepMs, filter = {} }: { stepMs: number | null; filter?: EndFilter },
): Promise<EndCount[]> {
  const { host, app, fingerprint } = filter;
  const isFiltered = host !== undefined || app !== undefined || fingerprint !== undefined;
  const fitsHours = stepMs === null || stepMs % HOUR_MS === 0;
  const rolled = !isFiltered && fitsHours ? hoursOfWindow({ from, to }).whole : { from: to, to };
  const { rows } = await db.query<Row>(
    `WITH counted AS (
       SELECT hour AS at, state, cause, disposition, ends
       FROM rollup_hour WHERE cluster_id = ANY ($1::smallint[]) AND hour >= $4 AND hour < $5
       UNION ALL
       SELECT finished_at, state, cause, disposition, 1
       FROM task_end
       WHERE cluster_id = ANY ($1::smallint[]) AND finished_at >= $2 AND finished_at < $4 AND reopened_at IS NULL
         AND ($7::text IS NULL OR host = $7) AND ($8::text IS NULL OR app_id = $8)
         AND ($9::text IS NULL OR fingerprint = $9)
       UNION ALL
       SELECT finished_at, state, cause, disposition, 1
       FROM task_end
       WHERE cluster_id = ANY ($1::smallint[]) AND finished_at >= $5 AND finished_at < $3 AND reopened_at IS NULL
     )
     SELECT CASE WHEN $6::float8 IS NOT NULL
                 THEN date_bin(make_interval(secs => $6::float8 / 1000), at, 'epoch'::timestamptz) END AS start,
            state, cause, disposition, sum(ends)::int AS ends
     FROM counted GROUP BY 1, 2, 3, 4
     -- The rollup keeps a row at 0 where all its ends were taken back.
     HAVING sum(ends) > 0 ORDER BY 1`,
    [
      idsOf(clusters),
      from,
      to,
      rolled.from,
      rolled.to,
      stepMs,
      host ?? null,
      app ?? null,
      fingerprint ?? null,
    ],
  );
  return rows.map((row) => ({
    start: row.start,
    state: toEndState(row.state),
    cause: toCause(row.cause),
    disposition: toDisposition(row.disposition),
    ends: row.ends,
  }));
}

export type EndTotals = { ended: number; failed: number; killed: number };

/** `failed`: disposition failure. `killed`: TASK_KILLED that is no failure. */
export function totalsOf(counts: readonly EndCount[]): EndTotals {
  const totals = { ended: 0, failed: 0, killed: 0 };
  for (const { state, disposition, ends } of counts) {
    totals.ended += ends;
    if (disposition === 'failure') totals.failed += ends;
    else if (state === 'TASK_KILLED') totals.killed += ends;
  }
  return totals;
}

/** Ends by cause and disposition, most first. */
export function causeCountsOf(counts: readonly EndCount[]): CauseCount[] {
  const byKey = new Map<string, CauseCount>();
  for (const { cause, disposition, ends } of counts) {
    const key = `${cause} ${disposition}`;
    const known = byKey.get(key);
    if (known) known.ends += ends;
    else byKey.set(key, { cause, disposition, ends });
  }
  return [...byKey.values()].sort((a, b) => b.ends - a.ends || a.cause.localeCompare(b.cause));
}
