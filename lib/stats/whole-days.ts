import type { Window } from '@/lib/contracts/window';

const DAY_MS = 86_400_000;

/** The whole UTC days inside a window, which daily tables answer as they are; empty, at its end, where there are none. */
export function daysOfWindow({ from, to }: Window): Window {
  const first = Math.ceil(from.getTime() / DAY_MS) * DAY_MS;
  const last = Math.floor(to.getTime() / DAY_MS) * DAY_MS;
  return first < last ? { from: new Date(first), to: new Date(last) } : { from: to, to };
}
