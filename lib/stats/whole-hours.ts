import type { Window } from '@/lib/contracts/window';

const HOUR_MS = 3_600_000;

export type HoursOfWindow = {
  /** The whole UTC hours inside the window; empty at its end where there are none. */
  whole: Window;
  /** Starts of the UTC hours that the window cuts: none, one or two. */
  cut: Date[];
};

/** Splits a window into what hourly tables answer as they are and the hours at its edges. */
export function hoursOfWindow({ from, to }: Window): HoursOfWindow {
  const first = Math.ceil(from.getTime() / HOUR_MS) * HOUR_MS;
  const last = Math.floor(to.getTime() / HOUR_MS) * HOUR_MS;
  const cut = new Set<number>();
  if (first > from.getTime()) cut.add(first - HOUR_MS);
  if (last < to.getTime()) cut.add(last);
  return {
    whole: first < last ? { from: new Date(first), to: new Date(last) } : { from: to, to },
    cut: [...cut].map((ms) => new Date(ms)),
  };
}
