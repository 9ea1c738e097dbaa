import { describe, expect, it } from 'vitest';

import { bucketStarts, MAX_BUCKETS, timelineStep } from './timeline-step';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const to = new Date('2026-11-25T10:07:13.000Z');
const window = (ms: number) => ({ from: new Date(to.getTime() - ms), to });

describe('timelineStep', () => {
  it.each([
    { span: '1 minute', ms: MINUTE, want: MINUTE },
    { span: '1 hour', ms: HOUR, want: MINUTE },
    { span: '6 hours', ms: 6 * HOUR, want: 5 * MINUTE },
    { span: '24 hours', ms: DAY, want: 15 * MINUTE },
    { span: '3 days', ms: 3 * DAY, want: HOUR },
    { span: '7 days', ms: 7 * DAY, want: 2 * HOUR },
    { span: '30 days', ms: 30 * DAY, want: 8 * HOUR },
    { span: '90 days', ms: 90 * DAY, want: DAY },
    { span: '2 years', ms: 730 * DAY, want: 7 * DAY },
    { span: '30 years', ms: 10_957 * DAY, want: 93 * DAY },
  ])('$span: $want ms, at most 120 buckets', ({ ms, want }) => {
    expect(timelineStep(window(ms))).toBe(want);
    expect(bucketStarts(window(ms), want).length).toBeLessThanOrEqual(MAX_BUCKETS);
  });
});

describe('bucketStarts', () => {
  it('aligns to UTC: the first bucket holds `from`, the last ends at or after `to`', () => {
    const starts = bucketStarts(window(HOUR), 15 * MINUTE).map((start) => start.toISOString());
    expect(starts).toEqual([
      '2026-11-25T09:00:00.000Z',
      '2026-11-25T09:15:00.000Z',
      '2026-11-25T09:30:00.000Z',
      '2026-11-25T09:45:00.000Z',
      '2026-11-25T10:00:00.000Z',
    ]);
  });

  it('adds no empty bucket where `to` lies on an edge', () => {
    const edge = { from: new Date('2026-11-25T09:00:00Z'), to: new Date('2026-11-25T10:00:00Z') };
    expect(bucketStarts(edge, 15 * MINUTE)).toHaveLength(4);
  });
});
