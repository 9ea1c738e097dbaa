import type { StreamStatus } from '@/lib/contracts/status';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf, namesById } from './cluster-scope';
import { withoutCredentials } from './poll-history';

type Row = {
  cluster_id: number;
  source: string;
  state: StreamStatus['state'];
  url: string | null;
  since: Date;
  last_event_at: Date | null;
  events: string;
  ends: string;
  reconnects: string;
  dropped: string;
  last_dropped_at: Date | null;
  left_to_poll: string;
  backlog: number;
  last_error: string | null;
  last_error_at: Date | null;
  written_at: Date;
};

/** A stream nobody has followed for so long is no longer configured. */
const FORGOTTEN_AFTER = '1 day';

/**
 * How the event streams of these clusters do, masters first.
 *
 * Shape: one that was closed a day ago and not touched since is left out; of a collector that was killed, whose lease ran
 * out, none is open. Errors: a database failure propagates.
 * Cost: a row a source.
 */
export async function listStreams(
  db: Db,
  clusters: readonly ClusterScope[],
  now: Date,
): Promise<StreamStatus[]> {
  const { rows } = await db.query<Row>(
    `SELECT stream.*, CASE WHEN is_followed OR state <> 'open' THEN state ELSE 'closed' END AS state,
            CASE WHEN is_followed OR state <> 'open' THEN since ELSE expires_at END AS since
     FROM stream JOIN lease USING (cluster_id), LATERAL (SELECT lease.expires_at > $2) AS l (is_followed)
     WHERE cluster_id = ANY ($1::smallint[])
       AND (state = 'open' AND is_followed OR written_at > $2::timestamptz - $3::interval)
     ORDER BY cluster_id, source <> 'mesos', source LIMIT 200`,
    [idsOf(clusters), now, FORGOTTEN_AFTER],
  );
  const names = namesById(clusters);
  return rows.map((row) => ({
    cluster: names.get(row.cluster_id) ?? '',
    source: withoutCredentials(row.source),
    state: row.state,
    url: row.url === null ? null : withoutCredentials(row.url),
    since: row.since.toISOString(),
    lastEventAt: row.last_event_at?.toISOString() ?? null,
    events: Number(row.events),
    ends: Number(row.ends),
    reconnects: Number(row.reconnects),
    dropped: Number(row.dropped),
    lastDroppedAt: row.last_dropped_at?.toISOString() ?? null,
    leftToPoll: Number(row.left_to_poll),
    backlog: row.backlog,
    lastError:
      row.last_error === null || row.last_error_at === null
        ? null
        : { at: row.last_error_at.toISOString(), message: withoutCredentials(row.last_error) },
    writtenAt: row.written_at.toISOString(),
  }));
}
