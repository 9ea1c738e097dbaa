import type { Coverage, TimelineBody } from '@/lib/contracts/stats';
import { CAUSE_GROUPS, type CauseGroup } from '@/lib/domain/cause';
import { CAUSE_GROUP_LABELS } from '@/lib/domain/cause-group';

/** Stacking order from the axis up: what is wrong stands at the bottom, where bars can be compared. */
const STACK_ORDER: readonly CauseGroup[] = [
  'failure',
  'oom',
  'unknown',
  'infrastructure',
  'killed',
  'finished',
];

/** Groups that count as a failure. */
export const FAILURE_GROUPS: ReadonlySet<CauseGroup> = new Set([
  'failure',
  'oom',
  'unknown',
  'infrastructure',
]);

export type TimelinePoint = {
  /** The bucket's name on the category axis. */
  index: number;
  start: string;
  end: string;
  coverage: Coverage;
  /** Null: not observed, drawn as a gap. */
  total: number | null;
  failed: number | null;
  deployments: { at: string; deploymentId: string; apps: string[] }[];
} & Record<CauseGroup, number | null>;

export type TimelineModel = {
  /** `nothing_ended`: observed, and no task ended. `not_observed`: nothing may be said about the window. */
  verdict: 'draw' | 'nothing_ended' | 'not_observed';
  /** Groups that occur, in stacking order. */
  series: { group: CauseGroup; label: string; total: number }[];
  points: TimelinePoint[];
  /** Runs of buckets that were not wholly observed; both ends inclusive. */
  spans: { coverage: Exclude<Coverage, 'observed'>; first: number; last: number }[];
  /** Kinds of coverage to explain in the legend. */
  coverages: Exclude<Coverage, 'observed'>[];
  failed: number;
  total: number;
  deployments: number;
};

/** Decides everything the timeline shows; the component draws it. Counts null stay null: a gap, not a zero. */
export function timelineModel(timeline: TimelineBody): TimelineModel {
  const points = timeline.buckets.map((bucket, index) => toPoint(timeline, bucket, index));
  const series = STACK_ORDER.map((group) => ({
    group,
    label: CAUSE_GROUP_LABELS[group],
    total: sum(points.map((point) => point[group])),
  })).filter(({ total }) => total > 0);
  const spans = coverageSpans(points);
  return {
    verdict: !isObserved(timeline) ? 'not_observed' : series.length === 0 ? 'nothing_ended' : 'draw',
    series,
    points,
    spans,
    coverages: [...new Set(spans.map(({ coverage }) => coverage))],
    failed: sum(points.map((point) => point.failed)),
    total: sum(points.map((point) => point.total)),
    deployments: sum(points.map((point) => point.deployments.length)),
  };
}

/** Whether anything may be said about the window at all: without it, a zero is not a zero. */
export function isObserved(timeline: Pick<TimelineBody, 'buckets'>): boolean {
  return timeline.buckets.some(({ counts }) => counts !== null);
}

function toPoint(
  timeline: TimelineBody,
  { start, coverage, counts }: TimelineBody['buckets'][number],
  index: number,
): TimelinePoint {
  const startMs = Date.parse(start);
  const endMs = Math.min(startMs + timeline.stepMs, Date.parse(timeline.to));
  const byGroup = Object.fromEntries(
    CAUSE_GROUPS.map((group) => [group, counts === null ? null : (counts[group] ?? 0)]),
  ) as Record<CauseGroup, number | null>;
  const failed = CAUSE_GROUPS.filter((group) => FAILURE_GROUPS.has(group));
  return {
    index,
    start,
    end: new Date(endMs).toISOString(),
    coverage,
    total: counts === null ? null : sum(Object.values(byGroup)),
    failed: counts === null ? null : sum(failed.map((group) => byGroup[group])),
    deployments: timeline.deployments.filter(({ at }) => isWithin(Date.parse(at), startMs, endMs)),
    ...byGroup,
  };
}

function coverageSpans(points: readonly TimelinePoint[]): TimelineModel['spans'] {
  const spans: TimelineModel['spans'] = [];
  for (const { coverage, index } of points) {
    if (coverage === 'observed') continue;
    const last = spans.at(-1);
    if (last?.coverage === coverage && last.last === index - 1) last.last = index;
    else spans.push({ coverage, first: index, last: index });
  }
  return spans;
}

function isWithin(ms: number, from: number, to: number): boolean {
  return ms >= from && ms < to;
}

function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
