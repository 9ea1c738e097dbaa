import type { LogInputBrief, LogInputItem } from '@/lib/contracts/evidence';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf, namesById } from './cluster-scope';

const MAX_BRIEFS = 20;
const MAX_INPUTS = 100;

/**
 * Where logs of a cluster came in, the newest first, at most 20. Empty: nowhere, so that no evidence says nothing.
 * Errors: a database failure propagates. Cost: a range of a table of one row an input.
 */
export async function listLogInputBriefs(db: Db, clusterId: number): Promise<LogInputBrief[]> {
  const { rows } = await db.query<{ input: string; last_at: Date }>(
    `SELECT input, last_at FROM log_input WHERE cluster_id = $1 AND lines > 0
     ORDER BY last_at DESC, input LIMIT $2`,
    [clusterId, MAX_BRIEFS],
  );
  return rows.map(({ input, last_at }) => ({ input, lastAt: last_at.toISOString() }));
}

type InputRow = {
  cluster_id: number;
  input: string;
  lines: string;
  rejected: string;
  signals: string;
  duplicates: string;
  first_at: Date;
  last_at: Date;
  last_error: string | null;
  last_error_at: Date | null;
};

/**
 * Every way in for logs with its counts, the newest first, at most 100.
 * Errors: a database failure propagates. Cost: as above.
 */
export async function listLogInputs(db: Db, clusters: readonly ClusterScope[]): Promise<LogInputItem[]> {
  const { rows } = await db.query<InputRow>(
    `SELECT cluster_id, input, lines, rejected, signals, duplicates, first_at, last_at, last_error, last_error_at
     FROM log_input WHERE cluster_id = ANY ($1::smallint[]) ORDER BY last_at DESC, cluster_id, input LIMIT $2`,
    [idsOf(clusters), MAX_INPUTS],
  );
  const names = namesById(clusters);
  return rows.map((row) => ({
    cluster: names.get(row.cluster_id) ?? '',
    input: row.input,
    lines: Number(row.lines),
    rejected: Number(row.rejected),
    signals: Number(row.signals),
    duplicates: Number(row.duplicates),
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    lastError: row.last_error,
    lastErrorAt: row.last_error_at?.toISOString() ?? null,
  }));
}
