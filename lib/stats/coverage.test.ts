import { describe, expect, it } from 'vitest';

import { coverage, type GapSpan, type WatchedSpan } from './coverage';

const at = (clock: string) => new Date(`2026-11-25T${clock}:00Z`);
const span = { from: at('10:00'), to: at('10:15') };
const cluster = (first: string | null, last: string | null, id = 1): WatchedSpan => ({
  id,
  firstPolledAt: first === null ? null : at(first),
  lastPolledAt: last === null ? null : at(last),
});
const gap = (from: string, to: string, clusterId = 1): GapSpan => ({ clusterId, from: at(from), to: at(to) });

type Row = { when: string; clusters: WatchedSpan[]; gaps?: GapSpan[]; now?: Date; want: string };

describe('coverage', () => {
  it.each<Row>([
    { when: 'no cluster at all', clusters: [], want: 'none' },
    { when: 'never polled', clusters: [cluster(null, null)], want: 'none' },
    { when: 'polled before and after', clusters: [cluster('09:00', '11:00')], want: 'observed' },
    { when: 'first poll at its start', clusters: [cluster('10:00', '11:00')], want: 'observed' },
    { when: 'first poll inside it', clusters: [cluster('10:01', '11:00')], want: 'memory' },
    { when: 'first poll after it', clusters: [cluster('10:30', '11:00')], want: 'memory' },
    {
      when: 'last poll inside it, and it still runs',
      clusters: [cluster('09:00', '10:01')],
      now: at('10:02'),
      want: 'observed',
    },
    {
      when: 'last poll at its start, and it still runs',
      clusters: [cluster('09:00', '10:00')],
      now: at('10:06'),
      want: 'observed',
    },
    {
      when: 'the collector died inside it',
      clusters: [cluster('09:00', '10:01')],
      now: at('10:08'),
      want: 'gap',
    },
    {
      when: 'the collector died inside it long ago',
      clusters: [cluster('09:00', '10:08')],
      now: at('23:00'),
      want: 'gap',
    },
    {
      when: 'the collector died right after it',
      clusters: [cluster('09:00', '10:14')],
      now: at('23:00'),
      want: 'observed',
    },
    { when: 'last poll before it', clusters: [cluster('09:00', '09:59')], want: 'none' },
    {
      when: 'a gap inside it',
      clusters: [cluster('09:00', '11:00')],
      gaps: [gap('10:05', '10:06')],
      want: 'gap',
    },
    {
      when: 'a gap that ends at its start',
      clusters: [cluster('09:00', '11:00')],
      gaps: [gap('09:50', '10:00')],
      want: 'observed',
    },
    {
      when: 'a gap that begins at its end',
      clusters: [cluster('09:00', '11:00')],
      gaps: [gap('10:15', '10:20')],
      want: 'observed',
    },
    {
      when: "another cluster's gap",
      clusters: [cluster('09:00', '11:00')],
      gaps: [gap('10:05', '10:06', 2)],
      want: 'observed',
    },
    {
      when: 'a gap after the last poll: not seen is worse',
      clusters: [cluster('09:00', '09:59')],
      gaps: [gap('10:05', '10:06')],
      want: 'none',
    },
    {
      when: 'two clusters, one of them from memory',
      clusters: [cluster('09:00', '11:00'), cluster('10:30', '11:00', 2)],
      want: 'memory',
    },
    {
      when: 'two clusters, one with a gap, one from memory',
      clusters: [cluster('09:00', '11:00'), cluster('10:30', '11:00', 2)],
      gaps: [gap('10:05', '10:06')],
      want: 'gap',
    },
    {
      when: 'two clusters, one not seen: what is known of the other counts',
      clusters: [cluster('09:00', '11:00'), cluster(null, null, 2)],
      want: 'gap',
    },
    {
      when: 'two clusters, neither seen',
      clusters: [cluster('08:00', '09:00'), cluster(null, null, 2)],
      want: 'none',
    },
  ])('$when: $want', ({ clusters, gaps = [], now = at('11:00'), want }) => {
    expect(coverage(span, { clusters, gaps, now })).toBe(want);
  });
});
