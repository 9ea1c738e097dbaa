/**
 * Memory of one running container over its whole life, in a few hundred bytes: all of its newest samples, and
 * ever fewer the older they are. Kept by hundreds of thousands, so plain numbers: pairs of tenths of a second
 * since `baseMs` and KiB.
 */
export type MemorySeries = { baseMs: number; length: number; pairs: Uint32Array; limitBytes: number | null };

const TICK_MS = 100;
const UNIT_BYTES = 1024;
const LARGEST = 2 ** 32 - 1;
const FIRST_ROOM = 8;

export function newSeries(atMs: number): MemorySeries {
  return { baseMs: atMs, length: 0, pairs: new Uint32Array(FIRST_ROOM * 2), limitBytes: null };
}

/**
 * Adds a sample, to the next KiB; out of order or within the same tick it is left out. Once `maxPoints` are held,
 * the older half is halved: of two neighbours the larger stays, so that no peak is lost, and the very first one
 * always stays.
 */
export function addSample(series: MemorySeries, atMs: number, bytes: number, maxPoints: number): void {
  const tick = Math.round((atMs - series.baseMs) / TICK_MS);
  const last = series.length === 0 ? -1 : (series.pairs[(series.length - 1) * 2] ?? 0);
  if (tick <= last || tick > LARGEST) return;
  if (series.length >= maxPoints) thinOlderHalf(series);
  const at = series.length * 2;
  if (at >= series.pairs.length) {
    const larger = new Uint32Array(Math.min(series.pairs.length * 2, Math.max(maxPoints * 2, at + 2)));
    larger.set(series.pairs);
    series.pairs = larger;
  }
  series.pairs[at] = tick;
  series.pairs[at + 1] = Math.min(LARGEST, Math.round(bytes / UNIT_BYTES));
  series.length += 1;
}

/** `[ms since the epoch, bytes]`, oldest first. */
export function samplesOf({ baseMs, length, pairs }: MemorySeries): [number, number][] {
  return Array.from({ length }, (_, index) => [
    baseMs + (pairs[index * 2] ?? 0) * TICK_MS,
    (pairs[index * 2 + 1] ?? 0) * UNIT_BYTES,
  ]);
}

function thinOlderHalf(series: MemorySeries): void {
  const { pairs, length } = series;
  const half = Math.max(3, length >> 1);
  let to = 1;
  for (let from = 1; from < half; from += 2) {
    const hasNext = from + 1 < half;
    const isNextLarger = hasNext && (pairs[from * 2 + 3] ?? 0) > (pairs[from * 2 + 1] ?? 0);
    const kept = isNextLarger ? from + 1 : from;
    pairs[to * 2] = pairs[kept * 2] ?? 0;
    pairs[to * 2 + 1] = pairs[kept * 2 + 1] ?? 0;
    to += 1;
  }
  pairs.copyWithin(to * 2, half * 2, length * 2);
  series.length = length - half + to;
}
