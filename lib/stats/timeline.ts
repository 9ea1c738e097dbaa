import type { TimelineBody, TimelineBucket } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';
import { causeGroup } from '@/lib/domain/cause-group';

import { toAppId } from './app-id';
import { type ClusterScope, clustersInScope, idsOf, watchedClusters } from './cluster-scope';
import { coverage } from './coverage';
import { countEnds, type EndCount, type EndFilter } from './end-counts';
import { type GapRun, gapItems, listGapRuns } from './list-gaps';
import { bucketStarts, timelineStep } from './timeline-step';
import { together } from './together';

const MAX_DEPLOYMENTS = 100;

export type TimelineInput = Window & EndFilter & { cluster?: string | undefined };

/**
 * Task ends over time by colour group, with deployments and gaps.
 *
 * Shape: at most 120 buckets of equal, UTC-aligned width, oldest first, covering [from, to) without holes. The
 * first and the last are cut: they count only what lies in the window, though `start` may be before `from`.
 * `counts: {}` is a true zero; null: no poll has seen that time yet. `app` with or without its slash. Deployments: the newest 100 first seen in
 * the window (of the app, where one is given), oldest first.
 * Errors: a database failure propagates; an unknown cluster gives unobserved buckets.
 * Cost: see countEnds.
 */
export async function timeline(db: Db, query: TimelineInput, now: Date): Promise<TimelineBody> {
  const clusters = await clustersInScope(db, query.cluster);
  const filter = query.app === undefined ? query : { ...query, app: toAppId(query.app) };
  const { body } = await readTimeline(db, clusters, query, filter, now);
  return body;
}

/** The timeline with the counts it was made of, so that totals need no second question. */
export async function readTimeline(
  db: Db,
  clusters: readonly ClusterScope[],
  { from, to }: Window,
  filter: EndFilter,
  now: Date,
): Promise<{ body: TimelineBody; counts: EndCount[] }> {
  const stepMs = timelineStep({ from, to });
  const [counts, gaps, deployments] = await together(db, [
    () => countEnds(db, clusters, { from, to }, { stepMs, filter }),
    () => listGapRuns(db, clusters, { from, to }),
    () => listDeployments(db, clusters, { from, to }, filter.app),
  ]);
  const buckets = toBuckets({ window: { from, to }, stepMs, counts, clusters, gaps, now });
  const body = {
    from: from.toISOString(),
    to: to.toISOString(),
    stepMs,
    buckets,
    deployments,
    gaps: gapItems(gaps),
  };
  return { body, counts };
}

function toBuckets(facts: {
  window: Window;
  stepMs: number;
  counts: readonly EndCount[];
  clusters: readonly ClusterScope[];
  gaps: readonly GapRun[];
  now: Date;
}): TimelineBucket[] {
  const { window, stepMs, counts, gaps, now } = facts;
  const clusters = watchedClusters(facts.clusters);
  const byStart = countsByStart(counts);
  return bucketStarts(window, stepMs).map((start) => {
    const stop = start.getTime() + stepMs;
    const span = {
      from: start < window.from ? window.from : start,
      to: stop > window.to.getTime() ? window.to : new Date(stop),
    };
    const word = coverage(span, { clusters, gaps, now });
    // Agents with a fast clock date ends after our last poll: what is stored is shown, what is not is no zero.
    const counted = byStart.get(start.getTime()) ?? (word === 'none' ? null : {});
    return { start: start.toISOString(), coverage: word, counts: counted };
  });
}

type GroupCounts = NonNullable<TimelineBucket['counts']>;

function countsByStart(counts: readonly EndCount[]): Map<number, GroupCounts> {
  const byStart = new Map<number, GroupCounts>();
  for (const count of counts) {
    const start = count.start?.getTime() ?? 0;
    const groups = byStart.get(start) ?? {};
    const group = causeGroup(count);
    groups[group] = (groups[group] ?? 0) + count.ends;
    byStart.set(start, groups);
  }
  return byStart;
}

async function listDeployments(
  db: Db,
  clusters: readonly ClusterScope[],
  { from, to }: Window,
  app: string | undefined,
): Promise<TimelineBody['deployments']> {
  const { rows } = await db.query<{ at: Date; deployment_id: string; apps: string[] }>(
    `SELECT first_seen_at AS at, deployment_id, affected_apps AS apps FROM deployment
     WHERE cluster_id = ANY ($1::smallint[]) AND first_seen_at >= $2 AND first_seen_at < $3
       AND ($4::text IS NULL OR $4 = ANY (affected_apps))
     ORDER BY first_seen_at DESC, deployment_id LIMIT $5`,
    [idsOf(clusters), from, to, app ?? null, MAX_DEPLOYMENTS],
  );
  return rows
    .map((row) => ({ at: row.at.toISOString(), deploymentId: row.deployment_id, apps: row.apps }))
    .reverse();
}
