import type { Window } from '@/lib/contracts/window';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A span that is added to the days, or was counted with them and is taken off. */
export type Part = Window & { sign: 1 | -1 };

export type WindowParts = {
  /** Whole UTC days, of which the first and the last may reach beyond the window; empty at its end where there are none. */
  days: Window;
  /** What makes the days the window, at its beginning and at its end. */
  edges: [Part, Part];
  /** The whole UTC hours in the edges. */
  hours: [Part, Part];
};

/**
 * The cheapest way to make a window of daily sums: the day at an edge is counted from its beginning (or end), or whole
 * less what lies outside, whichever reads less. `knownUntil`: nothing was read of the time after it.
 */
export function partsOfWindow({ from, to }: Window, knownUntil: Date): WindowParts {
  const fromMs = from.getTime();
  const toMs = to.getTime();
  const dayOfFrom = Math.floor(fromMs / DAY_MS) * DAY_MS;
  const dayAfterTo = Math.ceil(toMs / DAY_MS) * DAY_MS;
  const outsideAfter = Math.max(0, Math.min(dayAfterTo, knownUntil.getTime()) - toMs);
  const first = fromMs - dayOfFrom < dayOfFrom + DAY_MS - fromMs ? dayOfFrom : dayOfFrom + DAY_MS;
  const last = outsideAfter < toMs - (dayAfterTo - DAY_MS) ? dayAfterTo : dayAfterTo - DAY_MS;
  if (first >= last || dayAfterTo - dayOfFrom <= DAY_MS) {
    const none = part(toMs, toMs, 1);
    const all = part(fromMs, toMs, 1);
    return { days: { from: to, to }, edges: [all, none], hours: [wholeHours(all), none] };
  }
  const before = first > fromMs ? part(fromMs, first, 1) : part(first, fromMs, -1);
  const after = last > toMs ? part(toMs, last, -1) : part(last, toMs, 1);
  return {
    days: { from: new Date(first), to: new Date(last) },
    edges: [before, after],
    hours: [wholeHours(before), wholeHours(after)],
  };
}

function part(from: number, to: number, sign: 1 | -1): Part {
  return { from: new Date(from), to: new Date(to), sign };
}

/** Those that the window cuts are left out on both sides of the cut. */
function wholeHours({ from, to, sign }: Part): Part {
  const first = Math.ceil(from.getTime() / HOUR_MS) * HOUR_MS;
  const last = Math.floor(to.getTime() / HOUR_MS) * HOUR_MS;
  return first < last ? part(first, last, sign) : part(to.getTime(), to.getTime(), sign);
}
