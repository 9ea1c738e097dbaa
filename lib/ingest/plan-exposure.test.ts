import { describe, expect, it } from 'vitest';

import { BACKFILL_MS, type Lifetime, planExposure } from './plan-exposure';

const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);
const now = at('12:30:00');
const life = (from: Date | null, to: Date, appId: string | null = '/web'): Lifetime => ({
  host: 'h1',
  appId,
  from,
  to,
});

function seconds(lifetimes: Lifetime[], since: Date | null): Record<string, number> {
  return Object.fromEntries(
    planExposure(lifetimes, since, now)
      .filter(({ kind }) => kind === 'host')
      .map(({ hour, taskSeconds }) => [hour.toISOString().slice(11, 16), taskSeconds]),
  );
}

describe('planExposure', () => {
  it.each([
    {
      when: 'alive since before the last poll',
      from: at('08:00:00'),
      to: now,
      since: at('12:29:30'),
      want: { '12:00': 30 },
    },
    {
      when: 'started since the last poll',
      from: at('12:29:50'),
      to: now,
      since: at('12:29:30'),
      want: { '12:00': 10 },
    },
    {
      when: 'collector away over two hour borders',
      from: at('08:00:00'),
      to: now,
      since: at('10:45:00'),
      want: { '10:00': 900, '11:00': 3600, '12:00': 1800 },
    },
    {
      when: 'ended between two polls',
      from: at('08:00:00'),
      to: at('12:29:40'),
      since: at('12:29:30'),
      want: { '12:00': 10 },
    },
    {
      when: 'ended before the last poll',
      from: at('08:00:00'),
      to: at('12:29:00'),
      since: at('12:29:30'),
      want: {},
    },
    { when: 'no start known', from: null, to: now, since: at('12:29:30'), want: {} },
    {
      when: 'ends in the future of a skewed clock',
      from: at('12:29:00'),
      to: at('12:45:00'),
      since: at('12:29:30'),
      want: { '12:00': 30 },
    },
  ])('$when: $want', ({ from, to, since, want }) => {
    expect(seconds([life(from, to)], since)).toEqual(want);
  });

  it('goes back eight days at most on the first poll ever', () => {
    const total = planExposure([life(new Date(0), now)], null, now)
      .filter(({ kind }) => kind === 'host')
      .reduce((sum, { taskSeconds }) => sum + taskSeconds, 0);
    expect(total).toBe(BACKFILL_MS / 1000);
  });

  it('sums tasks of one host and splits them by app', () => {
    const rows = planExposure(
      [life(at('12:00:00'), now), life(at('12:00:00'), now, null)],
      at('12:20:00'),
      now,
    );
    expect(rows).toEqual([
      { hour: at('12:00:00'), kind: 'host', subject: 'h1', taskSeconds: 1200 },
      { hour: at('12:00:00'), kind: 'app', subject: '/web', taskSeconds: 600 },
    ]);
  });

  it('credits the same time once however it is cut into polls', () => {
    const whole = planExposure([life(at('09:10:00'), now)], at('09:00:00'), now);
    const cuts = [at('09:00:00'), at('09:30:00'), at('11:59:59'), now];
    const parts = cuts
      .slice(1)
      .flatMap((until, index) => planExposure([life(at('09:10:00'), until)], cuts[index] ?? until, until));
    const sum = (rows: typeof whole) => rows.reduce((total, { taskSeconds }) => total + taskSeconds, 0);
    expect(sum(parts)).toBeCloseTo(sum(whole), 6);
  });

  it('writes eight days of hours at most after a year away, and is quick with 200,000 tasks', () => {
    const year = new Date(now.getTime() - 365 * 86_400_000);
    const lives = Array.from({ length: 200_000 }, (_, index) => ({
      ...life(new Date(0), now),
      host: `h${index % 100}`,
    }));
    const began = performance.now();
    const rows = planExposure(lives, year, now);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(rows.filter(({ kind }) => kind === 'app')).toHaveLength(BACKFILL_MS / 3_600_000 + 1);
    const seconds = rows.filter(({ kind }) => kind === 'host').reduce((sum, row) => sum + row.taskSeconds, 0);
    expect(seconds).toBe((200_000 * BACKFILL_MS) / 1000);
  });
});
