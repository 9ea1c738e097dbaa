import type { SignalGroup } from '@/lib/contracts/evidence';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';
import { LOG_SIGNATURES } from '@/lib/domain/log-signal';

import { SIGNAL_COLUMNS, type SignalRow, toSignalItem } from './signal-row';

const MAX_NEWEST = 5;

type Row = SignalRow & { count: number; first_at: Date; last_at: Date };

/**
 * What the logs of one host told in [from, to): a group a signature, the one heard last first, each with its newest
 * 5 signals whole.
 *
 * `aboutHost`: only those about the host itself, not about one of its tasks or another's container.
 *
 * Shape: signatures of another release are left out. Errors: a database failure propagates.
 * Cost: the index range of the host; by key the rows shown.
 */
export async function hostSignals(
  db: Db,
  clusterId: number,
  host: string,
  { from, to }: Window,
  { aboutHost = false } = {},
): Promise<SignalGroup[]> {
  const { rows } = await db.query<Row>(
    `WITH own AS (
       SELECT id, at, count(*) OVER (PARTITION BY signature) AS count,
              min(at) OVER (PARTITION BY signature) AS first_at, max(at) OVER (PARTITION BY signature) AS last_at,
              row_number() OVER (PARTITION BY signature ORDER BY at DESC, id) AS place
       FROM log_signal
       WHERE cluster_id = $1 AND host = $2 AND at >= $3 AND at < $4 AND signature = ANY ($6) AND (about = 'host' OR NOT $7)
     )
     SELECT own.count::int, own.first_at, own.last_at, ${SIGNAL_COLUMNS}
     FROM own JOIN log_signal s ON s.cluster_id = $1 AND s.id = own.id AND s.at = own.at
     WHERE own.place <= $5
     ORDER BY own.last_at DESC, s.signature, own.place`,
    [clusterId, host, from, to, MAX_NEWEST, LOG_SIGNATURES, aboutHost],
  );
  const groups = new Map<string, SignalGroup>();
  for (const row of rows) {
    const item = toSignalItem(row);
    if (item === null) continue;
    const group = groups.get(item.signature) ?? {
      signature: item.signature,
      count: row.count,
      firstAt: row.first_at.toISOString(),
      lastAt: row.last_at.toISOString(),
      newest: [],
    };
    group.newest.push(item);
    groups.set(item.signature, group);
  }
  return [...groups.values()];
}
