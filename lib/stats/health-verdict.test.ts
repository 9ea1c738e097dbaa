import { describe, expect, it } from 'vitest';

import type { FleetRate } from '@/lib/contracts/stats';

import { type HealthFacts, healthVerdict } from './health-verdict';

const now = new Date('2026-11-25T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const HOUR = 3_600_000;

function rate(failed: number, ended: number, taskHours = 0): FleetRate {
  return {
    ended,
    failed,
    killed: 0,
    failureShare: ended > 0 ? failed / ended : null,
    failuresPer1000TaskHours: taskHours > 0 ? (failed / taskHours) * 1000 : null,
    taskHours,
  };
}

const calm: HealthFacts = {
  now,
  from: ago(24 * HOUR),
  to: now,
  firstPolledAt: ago(30 * 24 * HOUR),
  lastPolledAt: ago(20_000),
  pollIntervalMs: 30_000,
  rate: rate(10, 400),
  weekBefore: rate(10, 380),
  topHost: null,
  topApp: null,
  suspects: [],
};

type Row = { when: string; facts: Partial<HealthFacts>; tone: string; sentence: string };

describe('healthVerdict', () => {
  it.each<Row>([
    {
      when: 'nothing was ever read',
      facts: { firstPolledAt: null, lastPolledAt: null },
      tone: 'blind',
      sentence: 'Nothing is known yet: no poll has read a Mesos master.',
    },
    {
      when: 'the window lies in the future',
      facts: { from: ago(-HOUR), to: ago(-2 * HOUR), rate: rate(0, 0), weekBefore: null },
      tone: 'blind',
      sentence: 'That time has not come yet.',
    },
    {
      when: 'nothing failed in the minute that was watched',
      facts: { firstPolledAt: ago(60_000), rate: rate(0, 1), weekBefore: null },
      tone: 'blind',
      sentence: 'No failure in 24 h: 1 task ended; watched for 60 s of it.',
    },
    {
      when: 'nothing failed in the half that was watched',
      facts: { firstPolledAt: ago(12 * HOUR), rate: rate(0, 1), weekBefore: null },
      tone: 'good',
      sentence: 'No failure in 24 h: 1 task ended; watched for 12 h of it.',
    },
    {
      when: 'what the master remembered is bad, however short the watch',
      facts: { firstPolledAt: ago(60_000), rate: rate(30, 40), weekBefore: null },
      tone: 'bad',
      sentence: 'Failing: 30 failures in 24 h, 75% of all task ends; watched for 60 s of it.',
    },
    {
      when: 'the window ended before anybody watched',
      facts: { firstPolledAt: ago(HOUR), to: ago(2 * HOUR), rate: rate(0, 0), weekBefore: null },
      tone: 'blind',
      sentence: 'Not watched: exit137 first read a master after that time, and nothing of it is known.',
    },
    {
      when: 'the window ended before anybody watched, and the master remembered some of it',
      facts: { firstPolledAt: ago(HOUR), to: ago(2 * HOUR), rate: rate(1, 1234), weekBefore: null },
      tone: 'blind',
      sentence:
        'Not watched: exit137 first read a master after that time; of what the master remembered, 1,234 tasks ended and 1 failed.',
    },
    {
      when: 'the last poll is just over three intervals old',
      facts: { lastPolledAt: ago(90_001) },
      tone: 'blind',
      sentence:
        'Blind: the last poll that read the master was 90 s ago, and what ended since then is not known.',
    },
    {
      when: 'the last poll is three intervals old',
      facts: { lastPolledAt: ago(90_000) },
      tone: 'good',
      sentence: 'As usual: 10 failures in 24 h, 1.0x the same hours last week.',
    },
    {
      when: 'the window ended before the polls did',
      facts: { from: ago(72 * HOUR), to: ago(48 * HOUR), lastPolledAt: ago(24 * HOUR) },
      tone: 'good',
      sentence: 'As usual: 10 failures in 24 h, 1.0x the same hours last week.',
    },
    {
      when: 'nothing ended',
      facts: { rate: rate(0, 0), weekBefore: null },
      tone: 'good',
      sentence: 'No task ended in 24 h.',
    },
    {
      when: 'nothing failed',
      facts: { rate: rate(0, 1234) },
      tone: 'good',
      sentence: 'No failure in 24 h: 1,234 tasks ended.',
    },
    {
      when: 'three times last week, most of it in one app',
      facts: {
        rate: rate(41, 400),
        weekBefore: rate(13, 400),
        topApp: { name: '/shop/cart', failed: 29 },
        topHost: { name: 'node-1', failed: 20 },
      },
      tone: 'bad',
      sentence:
        'Failing more than usual: 41 failures in 24 h, 3.2x the same hours last week; 29 of them in /shop/cart.',
    },
    {
      when: 'twice as many and ten more',
      facts: { rate: rate(20, 400), weekBefore: rate(10, 400) },
      tone: 'bad',
      sentence: 'Failing more than usual: 20 failures in 24 h, 2.0x the same hours last week.',
    },
    {
      when: 'twice as many but nine more',
      facts: { rate: rate(18, 400), weekBefore: rate(9, 400) },
      tone: 'warn',
      sentence: 'Failing more than usual: 18 failures in 24 h, 2.0x the same hours last week.',
    },
    {
      when: 'four more: too few to say',
      facts: { rate: rate(8, 400), weekBefore: rate(4, 400) },
      tone: 'good',
      sentence: 'As usual: 8 failures in 24 h, 2.0x the same hours last week.',
    },
    {
      when: 'many more, none last week, all on one host',
      facts: {
        rate: rate(12, 400),
        weekBefore: rate(0, 400),
        topApp: { name: '/a', failed: 4 },
        topHost: { name: 'node-7', failed: 12 },
      },
      tone: 'bad',
      sentence:
        'Failing more than usual: 12 failures in 24 h, none in the same hours last week; all of them on node-7.',
    },
    {
      when: 'twice as many failures of twice as many tasks',
      facts: { rate: rate(40, 800, 2000), weekBefore: rate(20, 400, 1000) },
      tone: 'good',
      sentence: 'As usual: 40 failures in 24 h, 1.0x the rate of the same hours last week.',
    },
    {
      when: 'half of last week',
      facts: { rate: rate(10, 400), weekBefore: rate(20, 400) },
      tone: 'good',
      sentence: 'Failing less than usual: 10 failures in 24 h, 0.5x the same hours last week.',
    },
    {
      when: 'last week unknown, few of many ends',
      facts: { weekBefore: null, rate: rate(10, 4000) },
      tone: 'good',
      sentence: '10 failures in 24 h, under 1% of all task ends.',
    },
    {
      when: 'last week unknown, a tenth of all ends',
      facts: { weekBefore: null, rate: rate(5, 50) },
      tone: 'warn',
      sentence: 'Failing: 5 failures in 24 h, 10% of all task ends.',
    },
    {
      when: 'last week unknown, half of all ends',
      facts: { weekBefore: null, rate: rate(20, 40) },
      tone: 'bad',
      sentence: 'Failing: 20 failures in 24 h, 50% of all task ends.',
    },
    {
      when: 'one failure, alone',
      facts: { weekBefore: null, rate: rate(1, 2), topApp: { name: '/a', failed: 1 } },
      tone: 'good',
      sentence: '1 failure in 24 h, 50% of all task ends.',
    },
    {
      when: 'a suspect host in calm hours',
      facts: { suspects: ['node-7'] },
      tone: 'warn',
      sentence:
        'As usual: 10 failures in 24 h, 1.0x the same hours last week; node-7 fails far more often than the other hosts.',
    },
    {
      when: 'a suspect host that has most of the failures is named once',
      facts: { suspects: ['node-7'], topHost: { name: 'node-7', failed: 8 } },
      tone: 'warn',
      sentence:
        'As usual: 10 failures in 24 h, 1.0x the same hours last week; 8 of them on node-7, which fails far more often than the other hosts.',
    },
    {
      when: 'the suspect is another host than the one with most failures',
      facts: { suspects: ['node-7'], topHost: { name: 'node-77', failed: 8 } },
      tone: 'warn',
      sentence:
        'As usual: 10 failures in 24 h, 1.0x the same hours last week; 8 of them on node-77; node-7 fails far more often than the other hosts.',
    },
    {
      when: 'three suspects',
      facts: { suspects: ['node-7', 'node-8', 'node-9'] },
      tone: 'warn',
      sentence:
        'As usual: 10 failures in 24 h, 1.0x the same hours last week; node-7 and 2 other hosts fail far more often than the other hosts.',
    },
  ])('$when: $tone', ({ facts, tone, sentence }) => {
    expect(healthVerdict({ ...calm, ...facts })).toEqual({ tone, sentence });
  });
});
