import { expect, it } from 'vitest';

import { type Part, partsOfWindow } from './window-parts';

const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(Date.UTC(2026, 10, 20) + hours * HOUR_MS);
const length = ({ from, to, sign }: Part) => (sign * (to.getTime() - from.getTime())) / HOUR_MS;

it('adds up to the window, wherever it is cut, and reads at most half a day at either edge', () => {
  for (let from = 0; from < 49; from += 0.7) {
    for (let to = from + 0.3; to < 120; to += 3.1) {
      const { days, edges, hours } = partsOfWindow({ from: at(from), to: at(to) }, at(1000));
      const whole = (days.to.getTime() - days.from.getTime()) / HOUR_MS;
      expect(whole + length(edges[0]) + length(edges[1])).toBeCloseTo(to - from, 6);
      expect(whole % 24).toBe(0);
      if (whole > 0) expect(Math.max(...edges.map((edge) => Math.abs(length(edge))))).toBeLessThanOrEqual(12);
      for (const [index, edge] of edges.entries()) {
        const inside = hours[index] as Part;
        expect(inside.from >= edge.from && inside.to <= edge.to).toBe(true);
        expect(Math.abs(length(edge)) - Math.abs(length(inside))).toBeLessThan(2);
      }
    }
  }
});

it('takes today whole: nothing is known of its rest', () => {
  const { days, edges } = partsOfWindow({ from: at(10), to: at(34) }, at(34));
  expect(days).toEqual({ from: at(0), to: at(48) });
  expect(edges.map(length)).toEqual([-10, -14]);
});

it('reads a window within one day as it is', () => {
  const { days, edges } = partsOfWindow({ from: at(1), to: at(23) }, at(23));
  expect(days).toEqual({ from: at(23), to: at(23) });
  expect(edges.map(length)).toEqual([22, 0]);
});
