const MIN_DEATHS = 4;
// Below this it is a crash loop: Marathon's own back-off sets the pace there.
const MIN_PERIOD_MS = 2 * 60_000;
const MAX_SPREAD = 0.25;
const MAX_DEATHS = 1000;
// Of few periods all must agree, and more closely: 4 deaths at random pass for a saw-tooth one time in three by the
// rule of many, one time in a hundred by this one (1,000 runs of each).
const FEW_PERIODS = 6;
const MAX_SPREAD_OF_FEW = 0.13;
const MOST = 0.7;
// Instances of one app that were started together die together; they are one beat.
const TOGETHER = 0.1;

export type SawTooth = {
  /** The median of the times between deaths. */
  periodMs: number;
  /** Half of the periods are within this share of the median. */
  spread: number;
  deaths: number;
  lastAt: Date;
};

/**
 * Whether deaths come at a regular period: memory that grows at one pace from each start to the limit. Null below 4
 * deaths, below a period of 2 minutes, and where fewer than seven in ten periods lie within a quarter of their median;
 * of fewer than 6 periods all must lie within 13 %. Pure; the newest 1,000 deaths in any order.
 */
export function sawTooth(deaths: readonly Date[]): SawTooth | null {
  const times = deaths
    .map((at) => at.getTime())
    .filter((ms) => Number.isFinite(ms))
    .sort((a, b) => a - b)
    .slice(-MAX_DEATHS);
  const beats = beatsOf(times);
  if (beats.length < MIN_DEATHS) return null;
  const periods = beats.slice(1).map((at, index) => at - (beats[index] ?? at));
  const periodMs = median(periods);
  if (periodMs < MIN_PERIOD_MS) return null;
  const spread = median(periods.map((period) => Math.abs(period - periodMs))) / periodMs;
  const isFew = periods.length < FEW_PERIODS;
  const allowed = periodMs * (isFew ? MAX_SPREAD_OF_FEW : MAX_SPREAD);
  const near = periods.filter((period) => Math.abs(period - periodMs) <= allowed).length;
  // Half of them could agree by chance; of a saw-tooth most do.
  if (near < periods.length * (isFew ? 1 : MOST)) return null;
  return { periodMs, spread, deaths: times.length, lastAt: new Date(times.at(-1) ?? 0) };
}

/** Deaths closer together than a tenth of the usual distance count as one. */
function beatsOf(times: readonly number[]): number[] {
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  const long = gaps.filter((gap) => gap >= MIN_PERIOD_MS);
  const together = long.length === 0 ? 0 : median(long) * TOGETHER;
  return times.filter((at, index) => index === 0 || at - (times[index - 1] ?? at) > together);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
