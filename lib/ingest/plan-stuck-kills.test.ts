import { describe, expect, it } from 'vitest';

import type { LiveTask } from '@/lib/domain/snapshot';

import { planStuckKills, type StuckKill, type StuckKillFacts } from './plan-stuck-kills';

const NOW = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);
const WEB = 'shop_web.0a1b2c3d-0000-11ea-8000-0242ac110002';

const task = (extra: Partial<LiveTask> = {}): LiveTask => ({
  frameworkId: 'F1',
  taskId: WEB,
  agentId: 'S1',
  state: 'TASK_RUNNING',
  firstStatusAt: ago(90_000),
  killingSince: null,
  ...extra,
});
const plan = (facts: Partial<StuckKillFacts>) =>
  planStuckKills({
    live: [],
    condemned: [],
    appIdOf: () => '/shop/web',
    graceOf: () => null,
    open: [],
    now: NOW,
    ...facts,
  });
const open: StuckKill = {
  frameworkId: 'F1',
  taskId: WEB,
  agentId: 'S1',
  since: ago(500),
  kind: 'marathon',
  appId: '/shop/web',
  limitSeconds: 125,
};
const condemned = (seconds: number, extra = {}) => [
  { frameworkId: 'F1', appId: '/shop/web', since: ago(seconds), ...extra },
];

describe('planStuckKills', () => {
  it.each([
    ['without a grace period told: 5 s and 2 minutes', null, 125, false],
    ['a moment longer', null, 125.001, true],
    ['within its grace period of 60 s', 60, 180, false],
    ['beyond it', 60, 180.001, true],
    ['a grace period of none', 0, 120.001, true],
  ])('TASK_KILLING %s', (_name, grace, seconds, isStuck) => {
    const { stuck } = plan({ live: [task({ killingSince: ago(seconds) })], graceOf: () => grace });
    expect(stuck.map(({ kind, since }) => ({ kind, since }))).toEqual(
      isStuck ? [{ kind: 'task_killing', since: ago(seconds) }] : [],
    );
  });

  it.each([
    ['an app gone for long enough', condemned(126), {}, true],
    ['an app gone just now', condemned(124), {}, false],
    ['an app of another Marathon', condemned(999, { frameworkId: 'F2' }), {}, false],
    ['another app', condemned(999, { appId: '/shop/web2' }), {}, false],
    ['an app whose name begins alike', condemned(999, { appId: '/shop' }), {}, false],
    [
      'an app with dots in its name',
      condemned(999, { appId: '/v2.example/api' }),
      { taskId: WEB.replace('shop_web', 'v2.example_api') },
      true,
    ],
    ['a task that is no app of Marathon', condemned(999), { taskId: 'shop_web' }, false],
    ['no app', [], {}, false],
  ])('Marathon wants it gone: %s: %s', (_name, apps, extra, isStuck) => {
    expect(plan({ live: [task(extra)], condemned: apps }).stuck).toHaveLength(isStuck ? 1 : 0);
  });

  it('is stuck once, as it was first seen', () => {
    const live = [task({ killingSince: ago(400) })];
    expect(plan({ live, condemned: condemned(300) }).stuck).toMatchObject([{ kind: 'task_killing' }]);
    expect(plan({ live, condemned: condemned(300), open: [open] })).toEqual({ stuck: [open], over: [] });
  });

  it.each([
    ['gone', []],
    ['of another agent', [task({ agentId: 'S2', killingSince: ago(900) })]],
    ['wanted again', [task()]],
  ])('is over once the task is %s', (_name, live) => {
    expect(plan({ live, open: [open] }).over).toEqual([open]);
  });

  it('takes 200,000 live tasks and 1,000 destroyed apps in its stride', () => {
    const live = Array.from({ length: 200_000 }, (_, index) =>
      task({ taskId: `team_app-${index}.${WEB.slice(9)}` }),
    );
    const apps = Array.from({ length: 1_000 }, (_, index) => ({
      frameworkId: 'F1',
      appId: `/team/app-${index * 7}`,
      since: ago(999),
    }));
    const startedAt = performance.now();
    expect(plan({ live, condemned: apps }).stuck).toHaveLength(1_000);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
