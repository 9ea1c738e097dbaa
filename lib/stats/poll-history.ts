import { z } from 'zod';

import type { StatusBody } from '@/lib/contracts/status';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf, namesById } from './cluster-scope';

/** The newest attempts to read one source. */
export type SourceHistory = {
  cluster: ClusterScope;
  /** `mesos`, or `marathon:<url without credentials>`. */
  source: string;
  lastAttempt: Attempt;
  /** Null: none ever. */
  lastSuccess: Attempt | null;
  /** Newest failure of the last 7 days; null: none. */
  lastFailure: Attempt | null;
  failuresInARow: number;
};

export type Attempt = {
  startedAt: Date;
  finishedAt: Date;
  ok: boolean;
  errorCode: string | null;
  errorMessage: string | null;
  url: string | null;
  bytes: number | null;
  tasksRead: number | null;
  endsNew: number | null;
  rejected: number;
  rejects: { where: string; why: string; sample: string }[];
  warnings: { code: string; message: string }[];
};

type AttemptRow = {
  started_at: Date;
  finished_at: Date;
  ok: boolean;
  error_code: string | null;
  error_message: string | null;
  url: string | null;
  bytes: string | null;
  tasks_read: number | null;
  ends_new: number | null;
  rejected: number;
  rejects: unknown;
  warnings: unknown;
};

type SourceRow = { cluster_id: number; source: string };

const COLUMNS = `started_at, finished_at, ok, error_code, error_message, url, bytes, tasks_read, ends_new, rejected,
  rejects, warnings`;

const DAY_MS = 86_400_000;
/** All sources of a cluster are tried in one cycle, and the longest interval is 5 minutes: this one is read no more. */
const FORGOTTEN_AFTER_MS = 6 * 60_000;

/**
 * How each source that is still read was read lately, by cluster and source (mesos first).
 *
 * Shape: a source last tried over an hour before another of its cluster is no longer configured, and left out.
 * Errors: a database failure propagates. Cost: a few index probes a source and month.
 */
export async function readPollHistory(
  db: Db,
  clusters: readonly ClusterScope[],
  now: Date,
): Promise<SourceHistory[]> {
  const found: SourceHistory[] = [];
  for (const row of await listSources(db, clusters)) {
    const cluster = clusters.find(({ id }) => id === row.cluster_id);
    const history = cluster && (await readSource(db, cluster, row, now));
    if (history) found.push(history);
  }
  return found
    .filter((one) => {
      const triedMs = found
        .filter((other) => other.cluster.id === one.cluster.id)
        .map((other) => other.lastAttempt.startedAt.getTime());
      return Math.max(...triedMs) - one.lastAttempt.startedAt.getTime() <= FORGOTTEN_AFTER_MS;
    })
    .sort(
      (a, b) =>
        a.cluster.name.localeCompare(b.cluster.name) ||
        Number(b.source === 'mesos') - Number(a.source === 'mesos') ||
        a.source.localeCompare(b.source),
    );
}

/** Jumps from source to source in the primary key: there are few sources and very many polls. */
async function listSources(db: Db, clusters: readonly ClusterScope[]): Promise<SourceRow[]> {
  const { rows } = await db.query<SourceRow>(
    `WITH RECURSIVE source AS (
       SELECT c.id AS cluster_id, (SELECT min(p.source) FROM poll_run p WHERE p.cluster_id = c.id) AS source
       FROM unnest($1::smallint[]) AS c (id)
       UNION ALL
       SELECT s.cluster_id,
              (SELECT min(p.source) FROM poll_run p WHERE p.cluster_id = s.cluster_id AND p.source > s.source)
       FROM source s WHERE s.source IS NOT NULL
     )
     SELECT cluster_id, source FROM source WHERE source IS NOT NULL LIMIT 200`,
    [idsOf(clusters)],
  );
  return rows;
}

async function readSource(
  db: Db,
  cluster: ClusterScope,
  { source }: SourceRow,
  now: Date,
): Promise<SourceHistory | null> {
  const newest = async (condition: string, order: string, ...values: unknown[]): Promise<Attempt | null> => {
    const { rows } = await db.query<AttemptRow>(
      // `condition` and `order` are the literals below.
      `SELECT ${COLUMNS} FROM poll_run WHERE cluster_id = $1 AND source = $2 ${condition} ORDER BY ${order} DESC LIMIT 1`,
      [cluster.id, source, ...values],
    );
    return rows[0] ? toAttempt(rows[0]) : null;
  };
  const lastAttempt = await newest('', 'started_at');
  if (!lastAttempt) return null;
  const lastSuccess = lastAttempt.ok ? lastAttempt : await newest('AND ok', 'finished_at');
  const weekAgo = new Date(now.getTime() - 7 * DAY_MS);
  return {
    cluster,
    source,
    lastAttempt,
    lastSuccess,
    lastFailure: lastAttempt.ok
      ? await newest('AND NOT ok AND started_at > $3', 'started_at', weekAgo)
      : lastAttempt,
    failuresInARow: lastAttempt.ok ? 0 : await countFailuresSince(db, cluster, source, lastSuccess),
  };
}

async function countFailuresSince(
  db: Db,
  cluster: ClusterScope,
  source: string,
  lastSuccess: Attempt | null,
): Promise<number> {
  const { rows } = await db.query<{ failures: number }>(
    `SELECT count(*)::int AS failures FROM poll_run
     WHERE cluster_id = $1 AND source = $2 AND NOT ok AND ($3::timestamptz IS NULL OR started_at > $3)`,
    [cluster.id, source, lastSuccess?.startedAt ?? null],
  );
  return rows[0]?.failures ?? 0;
}

/** The newest polls of all these sources, failures too, newest first, at most `limit`. */
export async function listPolls(
  db: Db,
  clusters: readonly ClusterScope[],
  limit: number,
): Promise<StatusBody['polls']> {
  const sources = await listSources(db, clusters);
  const { rows } = await db.query<AttemptRow & SourceRow>(
    `SELECT poll.* FROM unnest($1::smallint[], $2::text[]) AS s (id, name)
     CROSS JOIN LATERAL (
       SELECT cluster_id, source, ${COLUMNS} FROM poll_run WHERE cluster_id = s.id AND source = s.name
       ORDER BY started_at DESC LIMIT $3
     ) poll
     ORDER BY started_at DESC, source LIMIT $3`,
    [sources.map((one) => one.cluster_id), sources.map((one) => one.source), limit],
  );
  const names = namesById(clusters);
  return rows.map((row) => {
    const attempt = toAttempt(row);
    return {
      cluster: names.get(row.cluster_id) ?? '',
      source: withoutCredentials(row.source),
      startedAt: attempt.startedAt.toISOString(),
      durationMs: attempt.finishedAt.getTime() - attempt.startedAt.getTime(),
      ok: attempt.ok,
      errorCode: attempt.errorCode,
      errorMessage: attempt.errorMessage,
      bytes: attempt.bytes,
      tasksRead: attempt.tasksRead,
      endsNew: attempt.endsNew,
      rejected: attempt.rejected,
    };
  });
}

const Rejects = z.array(z.object({ where: z.string(), why: z.string(), sample: z.string() })).catch([]);
const Warnings = z.array(z.object({ code: z.string(), message: z.string() })).catch([]);

function toAttempt(row: AttemptRow): Attempt {
  return {
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    ok: row.ok,
    errorCode: row.error_code,
    errorMessage: row.error_message === null ? null : withoutCredentials(row.error_message),
    url: row.url === null ? null : withoutCredentials(row.url),
    bytes: row.bytes === null ? null : Number(row.bytes),
    tasksRead: row.tasks_read,
    endsNew: row.ends_new,
    rejected: row.rejected,
    rejects: Rejects.parse(row.rejects),
    warnings: Warnings.parse(row.warnings),
  };
}

/** The writer leaves credentials out already; what is shown to everyone is washed once more. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, '$1');
}
