import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { insertCluster, insertEnds } from './ends-for-tests';
import { review } from './review';
import { reviewDays } from './review-day';

const now = new Date('2026-11-25T12:00:00Z');
const NONE = { ended: 0, failed: 0, killed: 0, groups: 0 };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, {
    id: 1,
    name: 'east',
    firstPolledAt: '2026-11-10T00:00:00Z',
    lastPolledAt: '2026-11-25T12:00:00Z',
  });
  const times = (day: string, count: number, end: Omit<Parameters<typeof insertEnds>[1][number], 'at'>) =>
    Array.from({ length: count }, (_, n) => ({
      at: `2026-11-${day}T${String(n + 1).padStart(2, '0')}:00:00Z`,
      ...end,
    }));
  await insertEnds(db.pool, [
    ...times('24', 5, { fingerprint: 'steady', appVersion: 'v1', exitCode: 1 }),
    ...times('23', 4, { fingerprint: 'steady' }),
    ...times('17', 2, { fingerprint: 'steady' }),
    ...times('24', 9, { fingerprint: 'worse', host: 'node-2' }),
    { at: '2026-11-24T00:00:00Z', fingerprint: 'worse', host: 'node-3' },
    ...times('23', 6, { fingerprint: 'worse' }),
    ...times('24', 1, { fingerprint: 'better' }),
    ...times('23', 8, { fingerprint: 'better' }),
    {
      at: '2026-11-24T20:00:00Z',
      fingerprint: 'new',
      taskId: 'brand-new',
      appId: null,
      frameworkName: 'batch',
      name: 'etl',
    },
    { at: '2026-11-24T21:00:00Z', fingerprint: 'back', reopened: true },
    { at: '2026-11-24T21:00:00Z', fingerprint: 'kill', disposition: 'normal', state: 'TASK_KILLED' },
    ...times('23', 3, { fingerprint: 'gone', cause: 'fetch_failure' }),
    { at: '2026-11-24T23:30:00Z', fingerprint: 'late', appId: '/late' },
  ]);
});
afterAll(() => db.drop());

describe('review', () => {
  it.each([
    { when: 'before the first poll', day: '2026-11-09', totals: null, totalsBefore: null },
    { when: 'the first day watched', day: '2026-11-10', totals: NONE, totalsBefore: null },
    { when: 'a quiet day in between', day: '2026-11-20', totals: NONE, totalsBefore: NONE },
    { when: 'a day to come', day: '2026-11-27', totals: null, totalsBefore: null },
  ])('tells not observed from nothing failed: $when', async ({ day, totals, totalsBefore }) => {
    expect(await review(db.pool, { day, timeZone: 'UTC' }, now)).toMatchObject({ totals, totalsBefore });
  });

  it('groups the failures of the day by fingerprint, newest first, beside the day before and last week', async () => {
    const body = await review(db.pool, { day: '2026-11-24', timeZone: 'UTC' }, now);
    expect(
      body.groups.map(({ fingerprint, failures, dayBefore, sameWeekdayBefore, status }) => [
        fingerprint,
        failures,
        dayBefore,
        sameWeekdayBefore,
        status,
      ]),
    ).toEqual([
      ['late', 1, 0, 0, 'new'],
      ['new', 1, 0, 0, 'new'],
      ['worse', 10, 6, 0, 'worse'],
      ['steady', 5, 4, 2, 'recurring'],
      ['better', 1, 8, 0, 'better'],
    ]);
    expect(body.totals).toEqual({ ended: 19, failed: 18, killed: 1, groups: 5 });
    expect(body.totalsBefore).toEqual({ ended: 21, failed: 21, killed: 0, groups: 4 });
  });

  it('tells of each group what people ask first', async () => {
    const { groups } = await review(db.pool, { day: '2026-11-24', timeZone: 'UTC' }, now);
    expect(groups.find(({ fingerprint }) => fingerprint === 'steady')).toMatchObject({
      cluster: 'east',
      subject: '/shop/cart',
      hosts: [{ host: 'node-1', failures: 5 }],
      versions: ['v1'],
      exitCodes: [1],
      firstSeenAt: '2026-11-17T01:00:00.000Z',
      newestAt: '2026-11-24T05:00:00.000Z',
    });
    expect(groups.find(({ fingerprint }) => fingerprint === 'worse')?.hosts).toEqual([
      { host: 'node-2', failures: 9 },
      { host: 'node-3', failures: 1 },
    ]);
    expect(groups.find(({ fingerprint }) => fingerprint === 'new')).toMatchObject({
      subject: 'batch / etl',
      appId: null,
      newestTaskId: 'brand-new',
      versions: [],
      exitCodes: [],
    });
  });

  it('lists what failed the day before and no more', async () => {
    const { gone } = await review(db.pool, { day: '2026-11-24', timeZone: 'UTC' }, now);
    expect(gone).toEqual([
      {
        fingerprint: 'gone',
        cluster: 'east',
        subject: '/shop/cart',
        appId: '/shop/cart',
        cause: 'fetch_failure',
        failures: 3,
      },
    ]);
  });

  it("takes the day of the team's zone", async () => {
    const berlin = await review(db.pool, { day: '2026-11-25', timeZone: 'Europe/Berlin' }, now);
    expect(berlin.from).toBe('2026-11-24T23:00:00.000Z');
    expect(berlin.groups.map(({ fingerprint }) => fingerprint)).toEqual(['late']);
  });

  it('knows nothing of the same weekday before exit137 watched', async () => {
    const { groups } = await review(db.pool, { day: '2026-11-17', timeZone: 'UTC' }, now);
    expect(groups).toEqual([expect.objectContaining({ fingerprint: 'steady', sameWeekdayBefore: 0 })]);
    await db.pool.query(`UPDATE cluster SET first_polled_at = '2026-11-10T00:00:01Z'`);
    const later = await review(db.pool, { day: '2026-11-17', timeZone: 'UTC' }, now);
    expect(later.groups[0]?.sameWeekdayBefore).toBeNull();
  });

  it('notes what of the day nobody watched, before the first poll and after the last', async () => {
    const spans = async (day: string, at: string) =>
      (await review(db.pool, { day, timeZone: 'UTC' }, new Date(at))).gaps.map(({ kind, from, to }) => [
        kind,
        from,
        to,
      ]);
    await db.pool.query(
      `UPDATE cluster SET first_polled_at = '2026-11-20T06:00:00Z', last_polled_at = '2026-11-24T18:00:00Z'`,
    );
    expect(await spans('2026-11-20', '2026-11-24T18:00:20Z')).toEqual([
      ['before_first_poll', '2026-11-20T00:00:00.000Z', '2026-11-20T06:00:00.000Z'],
    ]);
    expect(await spans('2026-11-24', '2026-11-24T18:00:20Z')).toEqual([]);
    expect(await spans('2026-11-24', '2026-11-24T20:00:00Z')).toEqual([
      ['after_last_poll', '2026-11-24T18:00:00.000Z', '2026-11-24T20:00:00.000Z'],
    ]);
    expect(await spans('2026-11-25', '2026-11-26T20:00:00Z')).toEqual([
      ['after_last_poll', '2026-11-25T00:00:00.000Z', '2026-11-26T00:00:00.000Z'],
    ]);
    await db.pool.query('UPDATE cluster SET first_polled_at = NULL, last_polled_at = NULL');
    expect(await spans('2026-11-25', '2026-11-25T20:00:00Z')).toEqual([
      ['before_first_poll', '2026-11-25T00:00:00.000Z', '2026-11-25T20:00:00.000Z'],
    ]);
    await db.pool.query(
      `UPDATE cluster SET first_polled_at = '2026-11-10T00:00:00Z', last_polled_at = '2026-11-25T12:00:00Z'`,
    );
  });

  it('says that a running day is partial and that tomorrow has not begun', async () => {
    expect(await review(db.pool, { day: '2026-11-25', timeZone: 'UTC' }, now)).toMatchObject({
      partial: true,
      previousDay: '2026-11-24',
      nextDay: null,
    });
    expect(await review(db.pool, { day: '2026-11-24', timeZone: 'UTC' }, now)).toMatchObject({
      partial: false,
      nextDay: '2026-11-25',
    });
  });
});

describe('reviewDays', () => {
  it.each([
    { zone: 'Africa/Cairo', day: '2023-04-28', hours: 23, from: '2023-04-27T22:00:00.000Z' },
    { zone: 'America/Sao_Paulo', day: '2018-11-04', hours: 23, from: '2018-11-04T03:00:00.000Z' },
    { zone: 'America/Sao_Paulo', day: '2018-02-17', hours: 25, from: '2018-02-17T02:00:00.000Z' },
  ])(
    '$day in $zone, where clocks change at midnight, has $hours hours',
    async ({ zone, day, hours, from }) => {
      const { day: span } = await reviewDays(db.pool, day, zone);
      expect(span.from.toISOString()).toBe(from);
      expect((span.to.getTime() - span.from.getTime()) / 3_600_000).toBe(hours);
    },
  );

  it.each([
    { day: '2026-03-29', hours: 23, from: '2026-03-28T23:00:00.000Z' },
    { day: '2026-03-30', hours: 24, from: '2026-03-29T22:00:00.000Z' },
    { day: '2026-10-25', hours: 25, from: '2026-10-24T22:00:00.000Z' },
    { day: '2026-11-25', hours: 24, from: '2026-11-24T23:00:00.000Z' },
  ])('$day in Berlin has $hours hours', async ({ day, hours, from }) => {
    const { day: span, dayBefore } = await reviewDays(db.pool, day, 'Europe/Berlin');
    expect(span.from.toISOString()).toBe(from);
    expect((span.to.getTime() - span.from.getTime()) / 3_600_000).toBe(hours);
    expect(dayBefore.to).toEqual(span.from);
  });

  it('finds the same weekday before a change of clocks', async () => {
    const { sameWeekdayBefore } = await reviewDays(db.pool, '2026-10-26', 'Europe/Berlin');
    expect(sameWeekdayBefore).toEqual({
      from: new Date('2026-10-18T22:00:00Z'),
      to: new Date('2026-10-19T22:00:00Z'),
    });
  });

  it.each([
    'today',
    '2026-02-30',
    '2026-13-01',
    '2026-1-1',
    '0000-01-01',
    '9999-12-31',
    "2026-01-01' OR 1=1",
    '',
  ])('the day %j: BAD_REQUEST', async (day) => {
    await expect(reviewDays(db.pool, day, 'UTC')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it.each(['Mars/Olympus', 'Foo+5', ''])('the zone %j: CONFIG_INVALID', async (zone) => {
    await expect(reviewDays(db.pool, '2026-11-25', zone)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
