import type { Pool } from 'pg';

import type { Lease } from './lease';
import { sanitize } from './sanitize';

/** How one event stream does; the counts are what came since the last writing. */
export type StreamState = {
  /** `mesos`, or `marathon:<url without credentials>`. */
  source: string;
  state: 'open' | 'closed' | 'refused';
  /** Without credentials; null: nobody was asked yet. */
  url: string | null;
  /** Since when it is in this state. */
  since: Date;
  lastEventAt: Date | null;
  events: number;
  ends: number;
  reconnects: number;
  /** Ends that were told and dropped, as they could not be stored; a poll was asked for. */
  dropped: number;
  lastDroppedAt: Date | null;
  /** Ends that were told without what makes them themselves; a poll was asked for. */
  leftToPoll: number;
  /** Ends that wait to be stored now. */
  backlog: number;
  lastError: string | null;
  lastErrorAt: Date | null;
};

const MAX_ERROR_TEXT = 1_000;

/**
 * Writes how the event streams do, adding the counts to what is stored. Nothing is written once the lease is another's.
 * It does not wait for the lease's lock, as a long write of a poll holds that.
 */
export async function applyStreamState(
  pool: Pool,
  lease: Lease,
  states: readonly StreamState[],
  now: Date,
): Promise<void> {
  const rows = states.map((one) => ({
    source: one.source,
    state: one.state,
    url: one.url,
    since: one.since,
    last_event_at: one.lastEventAt,
    events: one.events,
    ends: one.ends,
    reconnects: one.reconnects,
    dropped: one.dropped,
    last_dropped_at: one.lastDroppedAt,
    left_to_poll: one.leftToPoll,
    backlog: one.backlog,
    last_error: one.lastError?.slice(0, MAX_ERROR_TEXT) ?? null,
    last_error_at: one.lastErrorAt,
  }));
  await pool.query(
    `INSERT INTO stream AS kept (cluster_id, source, state, url, since, last_event_at, events, ends, reconnects, dropped,
                                 last_dropped_at, left_to_poll, backlog, last_error, last_error_at, written_at)
     SELECT lease.cluster_id, told.source, told.state, told.url, told.since, told.last_event_at, told.events, told.ends,
            told.reconnects, told.dropped, told.last_dropped_at, told.left_to_poll, told.backlog, told.last_error,
            told.last_error_at, $5
     FROM lease, json_populate_recordset(NULL::stream, $4::json) AS told
     WHERE lease.cluster_id = $1 AND lease.holder = $2 AND lease.token = $3
     ON CONFLICT (cluster_id, source) DO UPDATE SET
       state = excluded.state, url = coalesce(excluded.url, kept.url), since = excluded.since,
       last_event_at = coalesce(excluded.last_event_at, kept.last_event_at),
       events = kept.events + excluded.events, ends = kept.ends + excluded.ends,
       reconnects = kept.reconnects + excluded.reconnects, dropped = kept.dropped + excluded.dropped,
       last_dropped_at = coalesce(excluded.last_dropped_at, kept.last_dropped_at),
       left_to_poll = kept.left_to_poll + excluded.left_to_poll, backlog = excluded.backlog,
       last_error = coalesce(excluded.last_error, kept.last_error),
       last_error_at = coalesce(excluded.last_error_at, kept.last_error_at), written_at = excluded.written_at`,
    [lease.clusterId, lease.holder, lease.token, JSON.stringify(sanitize(rows)), now],
  );
}
