import { describe, expect, it } from 'vitest';

import type { TimelineBody } from '@/lib/contracts/stats';

import { isObserved, timelineModel } from './timeline-model';

const MINUTE = 60_000;
const start = Date.parse('2026-11-25T00:00:00.000Z');
const at = (minutes: number): string => new Date(start + minutes * MINUTE).toISOString();

function timeline(buckets: Omit<TimelineBody['buckets'][number], 'start'>[]): TimelineBody {
  return {
    from: at(0),
    to: at(buckets.length),
    stepMs: MINUTE,
    buckets: buckets.map((bucket, index) => ({ start: at(index), ...bucket })),
    deployments: [],
    gaps: [],
  };
}

const QUIET = { coverage: 'observed', counts: {} } as const;
const BLIND = { coverage: 'none', counts: null } as const;

describe('timelineModel', () => {
  it('a bucket that nobody observed has null counts, an observed one true zeros', () => {
    const { points } = timelineModel(timeline([QUIET, BLIND]));
    expect(points.map(({ oom, total }) => ({ oom, total }))).toEqual([
      { oom: 0, total: 0 },
      { oom: null, total: null },
    ]);
  });

  it.each([
    ['all buckets blind', [BLIND, BLIND], 'not_observed'],
    ['one bucket observed and quiet', [BLIND, QUIET], 'nothing_ended'],
    ['a task ended', [{ coverage: 'observed', counts: { killed: 1 } }], 'draw'],
  ] as const)('%s: %s', (_, buckets, verdict) => {
    expect(timelineModel(timeline([...buckets])).verdict).toBe(verdict);
  });

  it('one bucket with counts, though zero, is enough to have observed the window', () => {
    expect(isObserved(timeline([BLIND, QUIET]))).toBe(true);
    expect(isObserved(timeline([BLIND]))).toBe(false);
    expect(isObserved(timeline([]))).toBe(false);
  });

  it('only groups that occur become series, what failed below what was killed', () => {
    const model = timelineModel(
      timeline([{ coverage: 'observed', counts: { finished: 3, killed: 2, oom: 1, failure: 4 } }]),
    );
    expect(model.series.map(({ group, total }) => [group, total])).toEqual([
      ['failure', 4],
      ['oom', 1],
      ['killed', 2],
      ['finished', 3],
    ]);
    expect(model).toMatchObject({ failed: 5, total: 10 });
  });

  it('neighbours with the same doubt are one span, different doubts are two', () => {
    const memory = { coverage: 'memory', counts: {} } as const;
    const gap = { coverage: 'gap', counts: { oom: 1 } } as const;
    const model = timelineModel(timeline([memory, memory, gap, QUIET, gap]));
    expect(model.spans).toEqual([
      { coverage: 'memory', first: 0, last: 1 },
      { coverage: 'gap', first: 2, last: 2 },
      { coverage: 'gap', first: 4, last: 4 },
    ]);
    expect(model.coverages).toEqual(['memory', 'gap']);
  });

  it('a deployment stands in the bucket that holds it, the end being the next bucket’s', () => {
    const body = timeline([QUIET, QUIET]);
    body.deployments = [
      { at: at(0.5), deploymentId: 'a', apps: ['/x'] },
      { at: at(1), deploymentId: 'b', apps: ['/y'] },
    ];
    const { points } = timelineModel(body);
    expect(points.map((point) => point.deployments.map(({ deploymentId }) => deploymentId))).toEqual([
      ['a'],
      ['b'],
    ]);
  });

  it('the last bucket ends with the window, not after it', () => {
    const body = { ...timeline([QUIET, QUIET]), to: at(1.5) };
    expect(timelineModel(body).points.at(-1)?.end).toBe(at(1.5));
  });
});
