import { describe, expect, it } from 'vitest';

import { planGaps } from './plan-gaps';

const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);
const epoch = { masterId: 'm-1', electedAt: at('01:00:00') };
const ring = { frameworkId: 'f1', count: 1000, knownBefore: 0, oldestFinishedAt: at('12:00:20') };
const calm = {
  lastPolledAt: at('12:00:00'),
  streamAliveAt: null as Date | null,
  previousEpoch: epoch,
  epoch,
  ringSize: 1000,
  rings: [{ ...ring, knownBefore: 990 }],
  now: at('12:00:30'),
};

describe('planGaps', () => {
  it('finds none where the old tail of the ring is still there', () => {
    expect(planGaps(calm)).toEqual([]);
  });

  it('records the span up to the oldest entry when a full ring holds nothing known', () => {
    expect(planGaps({ ...calm, rings: [ring] })).toMatchObject([
      { kind: 'ring_overrun', frameworkId: 'f1', from: at('12:00:00'), to: at('12:00:21') },
    ]);
  });

  it.each([
    { when: 'the ring is one short of full', rings: [{ ...ring, count: 999 }] },
    { when: 'one entry was known', rings: [{ ...ring, knownBefore: 1 }] },
  ])('records none when $when', ({ rings }) => {
    expect(planGaps({ ...calm, rings })).toEqual([]);
  });

  it.each([
    {
      when: 'another process leads',
      next: { masterId: 'm-2', electedAt: at('12:00:10') },
      to: at('12:00:10'),
    },
    {
      when: 'the same process was elected anew',
      next: { masterId: 'm-1', electedAt: at('12:00:05') },
      to: at('12:00:05'),
    },
    {
      when: 'its clock lies before our last poll',
      next: { masterId: 'm-2', electedAt: at('11:00:00') },
      to: at('12:00:30'),
    },
  ])('records a failover when $when', ({ next, to }) => {
    expect(planGaps({ ...calm, epoch: next })).toMatchObject([
      { kind: 'master_failover', frameworkId: null, from: at('12:00:00'), to },
    ]);
  });

  it('stretches a failover to what the ring of the new master has lost already', () => {
    const next = { masterId: 'm-2', electedAt: at('12:00:10') };
    expect(planGaps({ ...calm, epoch: next, rings: [ring] })).toMatchObject([
      { kind: 'master_failover', from: at('12:00:00'), to: at('12:00:21') },
    ]);
  });

  it.each([
    { alive: '12:00:18', from: '12:00:08' },
    { alive: '12:00:02', from: '12:00:00' },
    { alive: '11:59:00', from: '12:00:00' },
  ])('begins no earlier than 10 s before the last word of the event stream ($alive)', ({ alive, from }) => {
    expect(planGaps({ ...calm, streamAliveAt: at(alive), rings: [ring] })).toMatchObject([
      { from: at(from), to: at('12:00:21') },
    ]);
  });

  it('never ends a gap before it begins, nor in the future', () => {
    const old = { ...ring, oldestFinishedAt: at('11:00:00') };
    const ahead = { ...ring, oldestFinishedAt: at('13:00:00') };
    for (const one of [old, ahead]) {
      expect(planGaps({ ...calm, rings: [one] })).toMatchObject([{ to: at('12:00:30') }]);
    }
  });

  it('records none on the first poll ever', () => {
    expect(planGaps({ ...calm, lastPolledAt: null, previousEpoch: null, rings: [ring] })).toEqual([]);
  });
});
