import { formatDuration } from '@/lib/format/durations';

type Span = { from: string; to: string };

export type GapStripModel = {
  /** Where ends may be missing, as shares of the window, 0..1, oldest first; they do not overlap. */
  spans: { from: number; to: number }[];
  /** `Task ends may be missing in 2 spans of this window, 14 min together`. */
  summary: string;
};

/** Gaps over a window, for charts that have no axis of time. Null: none lies in it. */
export function gapStripModel(window: Span, gaps: readonly Span[]): GapStripModel | null {
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)];
  const merged: { from: number; to: number }[] = [];
  const inside = gaps
    .map((gap) => ({ from: Math.max(from, Date.parse(gap.from)), to: Math.min(to, Date.parse(gap.to)) }))
    .filter((span) => span.from < span.to)
    .sort((a, b) => a.from - b.from);
  for (const span of inside) {
    const last = merged.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push({ ...span });
  }
  if (merged.length === 0) return null;
  const ms = merged.reduce((sum, span) => sum + span.to - span.from, 0);
  const length = formatDuration(ms);
  return {
    spans: merged.map((span) => ({
      from: (span.from - from) / (to - from),
      to: (span.to - from) / (to - from),
    })),
    summary:
      ms >= to - from
        ? 'Task ends may be missing in all of this window'
        : merged.length === 1
          ? `Task ends may be missing in ${length} of this window`
          : `Task ends may be missing in ${merged.length} spans of this window, ${length} together`,
  };
}
