import type { DayTotals, ReviewBody, ReviewGroup } from '@/lib/contracts/review';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, clustersInScope, idsOf, watchedClusters } from './cluster-scope';
import { countEnds, totalsOf } from './end-counts';
import { toCause, toProof } from './known-words';
import { gapItems, listGapRuns } from './list-gaps';
import { type ReviewDays, reviewDays } from './review-day';
import { reviewStatus } from './review-status';
import { together } from './together';
import { isWatchedAtAll, unwatchedSpans } from './unwatched';

const MAX_GROUPS = 500;
const MAX_GONE = 200;
/** Names listed of one group; its number of failures counts all. */
const MAX_NAMES = 20;

export type ReviewInput = { day: string; timeZone: string; cluster?: string | undefined };

/**
 * The failures of one calendar day in groups of one problem (fingerprint), beside the day before and the same
 * weekday a week before.
 *
 * Shape: at most 500 groups, newest failure first (`totals.groups` counts all); hosts, versions and exit codes of a
 * group at most 20, hosts by failures. `sameWeekdayBefore` null: its cluster was not watched then. `nextDay` null: it
 * has not begun. `gaps`: recorded ones, and what of the day nobody watched. `gone`: failed the day before and not on this day, most first, at most 200.
 * Errors: BAD_REQUEST for a day that is none, CONFIG_INVALID for an unknown zone; a database failure propagates.
 * Cost: the failures of three days by the partial index, and one index probe a group and month.
 */
export async function review(db: Db, query: ReviewInput, now: Date): Promise<ReviewBody> {
  const days = await reviewDays(db, query.day, query.timeZone);
  const clusters = await clustersInScope(db, query.cluster);
  const { day, dayBefore } = days;
  const partial = day.to > now;
  const [gaps, totals, totalsBefore, groups, gone] = await together(db, [
    () => listGapRuns(db, clusters, day),
    () => readTotals(db, clusters, day, now),
    () => readTotals(db, clusters, dayBefore, now),
    () => listGroups(db, clusters, days, partial),
    () => listGone(db, clusters, days),
  ]);
  const unwatched = unwatchedSpans(day, watchedClusters(clusters), now);
  return {
    day: query.day,
    timeZone: query.timeZone,
    from: day.from.toISOString(),
    to: day.to.toISOString(),
    partial,
    previousDay: days.previousDay,
    nextDay: day.to > now ? null : days.nextDay,
    totals,
    totalsBefore,
    groups,
    gone,
    gaps: gapItems([...gaps, ...unwatched].sort((a, b) => a.from.getTime() - b.from.getTime())),
  };
}

async function readTotals(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  now: Date,
): Promise<DayTotals | null> {
  const totals = totalsOf(await countEnds(db, clusters, window, { stepMs: null }));
  if (totals.ended === 0 && !isWatchedAtAll(window, watchedClusters(clusters), now)) return null;
  const { rows } = await db.query<{ groups: number }>(
    `SELECT count(DISTINCT (cluster_id, fingerprint))::int AS groups FROM task_end
     WHERE cluster_id = ANY ($1::smallint[]) AND finished_at >= $2 AND finished_at < $3
       AND disposition = 'failure' AND reopened_at IS NULL`,
    [idsOf(clusters), window.from, window.to],
  );
  return { ...totals, groups: rows[0]?.groups ?? 0 };
}

type GroupRow = {
  cluster_id: number;
  fingerprint: string;
  app_id: string | null;
  framework_name: string | null;
  name: string;
  cause: string;
  proof: string;
  summary: string;
  task_id: string;
  id: string;
  newest_at: Date;
  failures: number;
  day_before: number;
  week_before: number;
  first_seen_at: Date;
  hosts: { host: string; failures: number }[];
  versions: string[];
  exit_codes: number[];
};

async function listGroups(
  db: Db,
  clusters: readonly ClusterScope[],
  days: ReviewDays,
  partial: boolean,
): Promise<ReviewGroup[]> {
  const { rows } = await db.query<GroupRow>(GROUPS_SQL, [
    idsOf(clusters),
    days.day.from,
    days.day.to,
    days.dayBefore.from,
    days.sameWeekdayBefore.from,
    days.sameWeekdayBefore.to,
    MAX_GROUPS,
    MAX_NAMES,
  ]);
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  return rows.map((row) => {
    const cluster = byId.get(row.cluster_id);
    const watchedSince = cluster?.firstPolledAt ?? null;
    const knewWeekBefore = watchedSince !== null && watchedSince <= days.sameWeekdayBefore.from;
    return {
      fingerprint: row.fingerprint,
      cluster: cluster?.name ?? '',
      appId: row.app_id,
      subject: subjectOf(row),
      cause: toCause(row.cause),
      proof: toProof(row.proof),
      summary: row.summary,
      failures: row.failures,
      dayBefore: row.day_before,
      sameWeekdayBefore: knewWeekBefore ? row.week_before : null,
      firstSeenAt: row.first_seen_at.toISOString(),
      newestAt: row.newest_at.toISOString(),
      newestTaskId: row.task_id,
      newestId: row.id,
      hosts: row.hosts,
      versions: row.versions,
      exitCodes: row.exit_codes,
      status: reviewStatus({
        failures: row.failures,
        dayBefore: row.day_before,
        firstSeenAt: row.first_seen_at,
        dayFrom: days.day.from,
        partial,
      }),
    };
  });
}

/** The app, else framework and task name. */
function subjectOf(row: { app_id: string | null; framework_name: string | null; name: string }): string {
  return row.app_id ?? [row.framework_name, row.name].filter(Boolean).join(' / ');
}

const COUNTED = `disposition = 'failure' AND reopened_at IS NULL`;

const GROUPS_SQL = `
  WITH failed AS (
    SELECT cluster_id, fingerprint, id, finished_at, host, app_version, exit_code
    FROM task_end
    WHERE cluster_id = ANY ($1::smallint[]) AND finished_at >= $2 AND finished_at < $3 AND ${COUNTED}
  ),
  grouped AS (
    SELECT cluster_id, fingerprint, count(*)::int AS failures, max(finished_at) AS newest_at,
           (array_agg(id ORDER BY finished_at DESC, id DESC))[1] AS id,
           (array_agg(DISTINCT app_version) FILTER (WHERE app_version IS NOT NULL))[:$8] AS versions,
           (array_agg(DISTINCT exit_code) FILTER (WHERE exit_code IS NOT NULL))[:$8] AS exit_codes
    FROM failed GROUP BY cluster_id, fingerprint
    ORDER BY newest_at DESC, fingerprint LIMIT $7
  ),
  by_host AS (
    SELECT cluster_id, fingerprint, host, count(*)::int AS failures,
           row_number() OVER (PARTITION BY cluster_id, fingerprint ORDER BY count(*) DESC, host) AS place
    FROM failed GROUP BY cluster_id, fingerprint, host
  ),
  hosts AS (
    SELECT cluster_id, fingerprint,
           jsonb_agg(jsonb_build_object('host', host, 'failures', failures) ORDER BY place) AS hosts
    FROM by_host WHERE place <= $8 GROUP BY cluster_id, fingerprint
  ),
  before AS (
    SELECT cluster_id, fingerprint, count(*)::int AS failures FROM task_end
    WHERE cluster_id = ANY ($1::smallint[]) AND finished_at >= $4 AND finished_at < $2 AND ${COUNTED}
    GROUP BY cluster_id, fingerprint
  ),
  week_before AS (
    SELECT cluster_id, fingerprint, count(*)::int AS failures FROM task_end
    WHERE cluster_id = ANY ($1::smallint[]) AND finished_at >= $5 AND finished_at < $6 AND ${COUNTED}
    GROUP BY cluster_id, fingerprint
  )
  SELECT g.cluster_id, g.fingerprint, n.app_id, n.framework_name, n.name, n.cause, n.proof, n.summary, n.task_id, g.id,
         g.newest_at, g.failures, coalesce(b.failures, 0) AS day_before, coalesce(w.failures, 0) AS week_before,
         coalesce(first.finished_at, g.newest_at) AS first_seen_at, h.hosts,
         coalesce(g.versions, '{}') AS versions, coalesce(g.exit_codes, '{}') AS exit_codes
  FROM grouped g
  JOIN hosts h USING (cluster_id, fingerprint)
  LEFT JOIN before b USING (cluster_id, fingerprint)
  LEFT JOIN week_before w USING (cluster_id, fingerprint)
  JOIN LATERAL (
    SELECT app_id, framework_name, name, cause, proof, summary, task_id FROM task_end
    WHERE cluster_id = g.cluster_id AND id = g.id AND finished_at = g.newest_at
  ) n ON true
  LEFT JOIN LATERAL (
    SELECT finished_at FROM task_end
    WHERE cluster_id = g.cluster_id AND fingerprint = g.fingerprint AND ${COUNTED}
    ORDER BY finished_at LIMIT 1
  ) first ON true
  ORDER BY g.newest_at DESC, g.fingerprint`;

type GoneRow = {
  cluster_id: number;
  fingerprint: string;
  app_id: string | null;
  framework_name: string | null;
  name: string;
  cause: string;
  failures: number;
};

async function listGone(
  db: Db,
  clusters: readonly ClusterScope[],
  { day, dayBefore }: ReviewDays,
): Promise<ReviewBody['gone']> {
  const { rows } = await db.query<GoneRow>(
    `SELECT cluster_id, fingerprint, max(app_id) AS app_id, max(framework_name) AS framework_name, max(name) AS name,
            max(cause) AS cause, count(*)::int AS failures
     FROM task_end t
     WHERE cluster_id = ANY ($1::smallint[]) AND finished_at >= $2 AND finished_at < $3 AND ${COUNTED}
       AND NOT EXISTS (
         SELECT 1 FROM task_end later WHERE later.cluster_id = t.cluster_id AND later.fingerprint = t.fingerprint
           AND later.finished_at >= $3 AND later.finished_at < $4
           AND later.disposition = 'failure' AND later.reopened_at IS NULL)
     GROUP BY cluster_id, fingerprint ORDER BY failures DESC, fingerprint LIMIT $5`,
    [idsOf(clusters), dayBefore.from, day.from, day.to, MAX_GONE],
  );
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster.name]));
  return rows.map((row) => ({
    fingerprint: row.fingerprint,
    cluster: byId.get(row.cluster_id) ?? '',
    subject: subjectOf(row),
    appId: row.app_id,
    cause: toCause(row.cause),
    failures: row.failures,
  }));
}
