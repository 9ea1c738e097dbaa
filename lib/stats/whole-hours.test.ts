import { describe, expect, it } from 'vitest';

import { hoursOfWindow } from './whole-hours';

const at = (clock: string) => new Date(`2026-11-25T${clock}Z`);

describe('hoursOfWindow', () => {
  it.each<{ from: string; to: string; whole: [string, string] | null; cut: string[] }>([
    { from: '10:00:00', to: '12:00:00', whole: ['10:00:00', '12:00:00'], cut: [] },
    { from: '10:20:00', to: '12:40:00', whole: ['11:00:00', '12:00:00'], cut: ['10:00:00', '12:00:00'] },
    { from: '10:00:00', to: '11:00:00.001', whole: ['10:00:00', '11:00:00'], cut: ['11:00:00'] },
    { from: '10:00:00.001', to: '11:00:00', whole: null, cut: ['10:00:00'] },
    { from: '10:10:00', to: '10:20:00', whole: null, cut: ['10:00:00'] },
    { from: '10:50:00', to: '11:10:00', whole: null, cut: ['10:00:00', '11:00:00'] },
  ])('$from to $to: whole $whole, cut $cut', ({ from, to, whole, cut }) => {
    const hours = hoursOfWindow({ from: at(from), to: at(to) });
    const [first, last] = whole ?? [to, to];
    expect(hours).toEqual({ whole: { from: at(first), to: at(last) }, cut: cut.map(at) });
  });
});
