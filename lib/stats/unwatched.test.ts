import { describe, expect, it } from 'vitest';

import type { WatchedSpan } from './coverage';
import { unwatchedSpans } from './unwatched';

const at = (clock: string) => new Date(`2026-11-25T${clock}:00Z`);
const window = { from: at('08:00'), to: at('16:00') };
const cluster = (
  name: string,
  first: string | null,
  last: string | null,
): WatchedSpan & { name: string } => ({
  id: 1,
  name,
  firstPolledAt: first === null ? null : at(first),
  lastPolledAt: last === null ? null : at(last),
});

type Row = {
  when: string;
  clusters: (WatchedSpan & { name: string })[];
  now?: Date;
  want: [kind: string, from: string, to: string][];
};

describe('unwatchedSpans', () => {
  it.each<Row>([
    { when: 'it was watched throughout', clusters: [cluster('east', '07:00', '16:30')], want: [] },
    { when: 'it still runs', clusters: [cluster('east', '07:00', '11:59')], now: at('12:00'), want: [] },
    { when: 'it has not begun', clusters: [], now: at('07:00'), want: [] },
    {
      when: 'no cluster is known',
      clusters: [],
      now: at('12:00'),
      want: [['before_first_poll', '08:00', '12:00']],
    },
    {
      when: 'the first poll came in the middle and the last an hour later',
      clusters: [cluster('east', '09:00', '10:00')],
      want: [
        ['before_first_poll', '08:00', '09:00'],
        ['after_last_poll', '10:00', '16:00'],
      ],
    },
    {
      when: 'all of it came before the first poll',
      clusters: [cluster('east', '16:30', '16:40')],
      want: [['before_first_poll', '08:00', '16:00']],
    },
    {
      when: 'all of it came after the last poll',
      clusters: [cluster('east', '06:00', '07:00')],
      now: at('09:00'),
      want: [['after_last_poll', '08:00', '09:00']],
    },
    {
      when: 'two clusters miss the same span, and one another',
      clusters: [cluster('east', '09:00', '16:30'), cluster('west', '09:00', '15:00')],
      want: [
        ['before_first_poll', '08:00', '09:00'],
        ['after_last_poll', '15:00', '16:00'],
      ],
    },
  ])('$when', ({ clusters, now = at('16:31'), want }) => {
    const spans = unwatchedSpans(window, clusters, now);
    expect(spans.map(({ kind, from, to }) => [kind, from, to])).toEqual(
      want.map(([kind, from, to]) => [kind, at(from), at(to)]),
    );
  });

  it('names the clusters', () => {
    const spans = unwatchedSpans(
      window,
      [cluster('east', null, null), cluster('west', null, null)],
      at('16:31'),
    );
    expect(spans.map(({ detail }) => detail)).toEqual([
      'nobody read the Mesos master of east, west yet; only what it still remembered at the first poll is known.',
    ]);
  });
});
