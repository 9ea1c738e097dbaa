import type { AppMemory, TaskMemory } from '@/lib/contracts/evidence';
import { formatMemBytes } from '@/lib/format/bytes';
import { formatDuration } from '@/lib/format/durations';
import { formatShare } from '@/lib/format/numbers';

/** `used`: one task's. `max`, `mean`: of an app's tasks in a step. */
export type MemorySeries = 'used' | 'max' | 'mean';

/** Null: not sampled then, drawn as a gap; or no limit was told. */
export type MemoryPoint = { at: number; limit: number | null; tasks: number | null } & Record<
  MemorySeries,
  number | null
>;

export type MemoryModel = {
  series: { key: MemorySeries; label: string }[];
  points: MemoryPoint[];
  /** The axis of time, milliseconds since the epoch. */
  from: number;
  to: number;
  /** Deaths on that axis. */
  deaths: number[];
  /**
   * Spans of that axis to hatch, oldest first: `unsampled`, no sample was taken; `gap`, deaths may be missing, as task
   * ends may be.
   */
  spans: { kind: 'unsampled' | 'gap'; from: number; to: number }[];
  /** What the hatching says, in words; null: there is none. */
  spansSummary: string | null;
  /** Of the axis of bytes: 0 and whole steps of a power of two. */
  ticks: number[];
  /** What the drawing says, in one line. */
  summary: string;
};

/** One task's samples up to its death; without a known time of death, to its last sample. */
export function taskMemoryModel(memory: TaskMemory, diedAt: string | null): MemoryModel {
  const points = [...memory.points]
    .sort(([a], [b]) => a - b)
    .map(([at, bytes]) => toPoint({ at, used: bytes, limit: memory.limitBytes }));
  const died = diedAt === null ? [] : [Date.parse(diedAt)];
  const times = [...points.map(({ at }) => at), ...died];
  const last = points.at(-1)?.used ?? null;
  const peak = largest(points.map(({ used }) => used));
  const spans = pausesOf(points.map(({ at }) => at));
  return {
    series: [{ key: 'used', label: 'Used' }],
    points: withBreaks(points, spans),
    spans,
    spansSummary: summaryOf(spans),
    from: Math.min(...times),
    to: Math.max(...times),
    deaths: died,
    ticks: byteTicks(largest(points.flatMap(({ used, limit }) => [used, limit])) ?? 0),
    summary: `last ${formatMemBytes(last)}${ofLimit(last, memory.limitBytes)}${peak !== last ? `, at most ${formatMemBytes(peak)}` : ''}`,
  };
}

/** An app's tasks over a window, from the first sample on: deaths before it have no line to end. */
export function appMemoryModel(
  memory: AppMemory,
  deaths: readonly { at: string }[],
  gaps: readonly { from: string; to: string }[] = [],
): MemoryModel {
  const points = memory.points.map(({ at, maxBytes, meanBytes, limitBytes, tasks }) =>
    toPoint({
      at: Date.parse(at),
      max: maxBytes,
      mean: meanBytes,
      limit: limitBytes,
      tasks: maxBytes === null ? null : tasks,
    }),
  );
  const from = Math.min(...points.map(({ at }) => at));
  const died = deaths
    .map(({ at }) => Date.parse(at))
    .filter((at) => at >= from)
    .sort((a, b) => a - b);
  const to = Math.max(...points.map(({ at }) => at + memory.stepMs), ...died);
  const peak = points.reduce<MemoryPoint | null>(
    (most, one) => ((one.max ?? -1) > (most?.max ?? -1) ? one : most),
    null,
  );
  const spans = [
    ...runsWithout(points, memory.stepMs),
    ...gaps
      .map((gap) => ({ from: Math.max(from, Date.parse(gap.from)), to: Math.min(to, Date.parse(gap.to)) }))
      .filter((gap) => gap.from < gap.to)
      .map((gap) => ({ kind: 'gap' as const, ...gap })),
  ].sort((a, b) => a.from - b.from);
  return {
    series: [
      { key: 'max', label: 'Largest task' },
      { key: 'mean', label: 'Mean of its tasks' },
    ],
    points,
    spans,
    spansSummary: summaryOf(spans),
    from,
    to,
    deaths: died,
    ticks: byteTicks(largest(points.flatMap(({ max, limit }) => [max, limit])) ?? 0),
    summary: `at most ${formatMemBytes(peak?.max ?? null)}${ofLimit(peak?.max ?? null, peak?.limit ?? null)}`,
  };
}

/** `4 GiB` of 4.2: steps of a power of two, so that bytes read as round numbers; at most 5 over the 0. */
export function byteTicks(most: number): number[] {
  let step = 1024;
  while (most > step * 5) step *= 2;
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

type Span = MemoryModel['spans'][number];

/** Samples come every minute or so; a pause is one of many times that. */
const PAUSE_STEPS = 4;
const SHORTEST_PAUSE_MS = 5 * 60_000;

/** Where an agent was asked much later than it usually was; `times` in order. */
function pausesOf(times: readonly number[]): Span[] {
  const steps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const longest = Math.max(SHORTEST_PAUSE_MS, usual * PAUSE_STEPS);
  return steps.flatMap((step, index) => {
    const from = times[index] ?? 0;
    return step > longest ? [{ kind: 'unsampled' as const, from, to: from + step }] : [];
  });
}

/** The line does not run through a pause: nobody knows how it went. */
function withBreaks(points: readonly MemoryPoint[], spans: readonly Span[]): MemoryPoint[] {
  const breaks = spans.map(({ from, to }) =>
    toPoint({ at: (from + to) / 2, limit: points[0]?.limit ?? null }),
  );
  return [...points, ...breaks].sort((a, b) => a.at - b.at);
}

/** Runs of steps in which no task of the app was sampled. */
function runsWithout(points: readonly MemoryPoint[], stepMs: number): Span[] {
  const runs: Span[] = [];
  for (const { at, max } of points) {
    if (max !== null) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.to === at) last.to = at + stepMs;
    else runs.push({ kind: 'unsampled', from: at, to: at + stepMs });
  }
  return runs;
}

function summaryOf(spans: readonly Span[]): string | null {
  const lengthOf = (kind: Span['kind']) =>
    spans.reduce((sum, span) => sum + (span.kind === kind ? span.to - span.from : 0), 0);
  const [unsampled, gap] = [lengthOf('unsampled'), lengthOf('gap')];
  const parts = [
    ...(unsampled > 0 ? [`no sample was taken in ${formatDuration(unsampled)}`] : []),
    ...(gap > 0 ? [`deaths may be missing in ${formatDuration(gap)}`] : []),
  ];
  return parts.length === 0 ? null : `Hatched: ${parts.join('; ')}.`;
}

function toPoint(known: Partial<MemoryPoint> & { at: number }): MemoryPoint {
  return { used: null, max: null, mean: null, limit: null, tasks: null, ...known };
}

function ofLimit(bytes: number | null, limit: number | null): string {
  if (bytes === null || limit === null || limit === 0) return '';
  return ` of its ${formatMemBytes(limit)} limit (${formatShare(bytes / limit)})`;
}

function largest(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (most, value) => (value !== null && value > (most ?? -1) ? value : most),
    null,
  );
}
