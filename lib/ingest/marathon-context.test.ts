import { describe, expect, it } from 'vitest';

import {
  announcedKillOf,
  appIdOf,
  killNames,
  type MarathonKnowledge,
  marathonContext,
  type SeenDeployment,
  versionAt,
} from './marathon-context';

const UUID = '0a1b2c3d-0000-11ea-8000-0242ac110002';
const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);

const deployment: SeenDeployment = {
  deploymentId: 'd-1',
  frameworkId: 'f1',
  version: at('12:00:00').toISOString(),
  affectedApps: ['/shop/cart', '/shop/pod'],
  actions: [
    { action: 'RestartApplication', target: '/shop/cart' },
    { action: 'RestartPod', target: '/shop/pod' },
  ],
  firstSeenAt: at('12:00:20'),
  endedAt: at('12:05:00'),
};

function contextAt(clock: string, more: { deployments?: SeenDeployment[]; appId?: string } = {}) {
  const knowledge: MarathonKnowledge = {
    frameworkId: 'f1',
    apps: new Map(),
    deployments: more.deployments ?? [deployment],
    versions: new Map([['/shop/cart', [at('09:00:00'), at('11:00:00')]]]),
  };
  return marathonContext(knowledge, {
    appId: more.appId ?? '/shop/cart',
    taskId: 't1',
    finishedAt: at(clock),
  });
}

describe('marathonContext: the deployment of an end', () => {
  it.each([
    { when: 'between its plan and our first sight of it', clock: '12:00:10', want: 'd-1' },
    { when: '5 s before its plan, within what clocks differ', clock: '11:59:55', want: 'd-1' },
    { when: '6 s before its plan', clock: '11:59:54', want: null },
    { when: '15 s after the first poll without it', clock: '12:05:15', want: 'd-1' },
    { when: '16 s after it', clock: '12:05:16', want: null },
  ])('$when: $want', ({ clock, want }) => {
    expect(contextAt(clock).deployment?.deploymentId ?? null).toBe(want);
  });

  it('is none of another app, and of a pod as of an app', () => {
    expect(contextAt('12:01:00', { appId: '/other' }).deployment).toBeNull();
    expect(contextAt('12:01:00', { appId: '/shop/pod' }).deployment?.actions).toEqual([
      'RestartPod /shop/pod',
    ]);
  });

  it('lasts while it runs, and the newer of two is meant', () => {
    const running = { ...deployment, endedAt: null };
    const newer = {
      ...running,
      deploymentId: 'd-2',
      version: at('12:30:00').toISOString(),
      firstSeenAt: at('12:30:10'),
    };
    expect(contextAt('13:00:00', { deployments: [running] }).deployment?.deploymentId).toBe('d-1');
    expect(contextAt('13:00:00', { deployments: [running, newer] }).deployment?.deploymentId).toBe('d-2');
  });

  it('begins at our first sight where its version is no time, or lies later', () => {
    for (const version of ['not a time', at('23:00:00').toISOString()]) {
      const odd = { ...deployment, version };
      expect(contextAt('12:01:00', { deployments: [odd] }).deployment?.startedAt).toEqual(at('12:00:20'));
    }
  });

  it('knows the newest change before the end, none after it', () => {
    expect(contextAt('10:00:00').lastConfigChangeAt).toEqual(at('09:00:00'));
    expect(contextAt('11:30:00').lastConfigChangeAt).toEqual(at('11:00:00'));
    expect(contextAt('08:00:00').lastConfigChangeAt).toBeNull();
  });
});

describe('versionAt', () => {
  it('is the version in force at the launch; null before the first, without one, without a launch', () => {
    const versions = [at('09:00:00'), at('11:00:00')];
    expect(versionAt(versions, at('11:00:00'))).toBe(at('11:00:00').toISOString());
    expect(versionAt(versions, at('10:59:59'))).toBe(at('09:00:00').toISOString());
    expect(versionAt(versions, at('08:00:00'))).toBeNull();
    expect(versionAt(undefined, at('12:00:00'))).toBeNull();
    expect(versionAt(versions, null)).toBeNull();
  });
});

describe('appIdOf', () => {
  it.each([
    {
      when: 'a watched Marathon of any name',
      name: 'prod',
      watched: true,
      taskId: `web.${UUID}`,
      want: '/web',
    },
    {
      when: 'a framework called so',
      name: 'marathon-user',
      watched: false,
      taskId: `web.${UUID}`,
      want: '/web',
    },
    {
      when: 'the form only Marathon writes',
      name: 'prod',
      watched: false,
      taskId: `web.instance-${UUID}._app.1`,
      want: '/web',
    },
    {
      when: 'another framework with a uuid in its ids',
      name: 'hdfs',
      watched: false,
      taskId: `node-0-server__${UUID}`,
      want: null,
    },
    {
      when: 'a Marathon task id that is none',
      name: 'marathon',
      watched: true,
      taskId: 'ct:1:0:job:',
      want: null,
    },
  ])('$when: $want', ({ name, watched, taskId, want }) => {
    expect(appIdOf({ taskId, frameworkId: 'f1', frameworkName: name, watched: () => watched })).toBe(want);
  });
});

describe('announcedKillOf', () => {
  const APP = `shop_cart.instance-${UUID}._app.2`;
  const POD = `shop_pod.instance-${UUID}.web.1`;
  /** The kill that an end at 12:00:10 finds, where one was announced for `named` at `clock`. */
  const found = (named: string, taskId: string, clock = '12:00:05') => {
    const kill = { at: at(clock), reason: '503' };
    const kills = new Map(killNames(named).map((name) => [name, kill]));
    return announcedKillOf(kills, { taskId, finishedAt: at('12:00:10') });
  };

  it.each([
    ['the task itself', APP, APP],
    ['another container of the pod', `shop_pod.instance-${UUID}.log.1`, POD],
    ['an instance, as some versions name it', `shop_cart.instance-${UUID}`, APP],
    ['an instance of before 1.8', `shop_cart.marathon-${UUID}`, `shop_cart.${UUID}`],
  ])('is found by %s', (_name, named, taskId) => {
    expect(found(named, taskId)).toEqual({ at: at('12:00:05'), reason: '503' });
  });

  it.each([
    ['an earlier launch of the instance', `shop_cart.instance-${UUID}._app.1`, APP, '12:00:05'],
    ['one announced after the end', APP, APP, '12:02:00'],
    ['one of the instance long before', `shop_cart.instance-${UUID}`, APP, '11:40:00'],
  ])('%s is another', (_name, named, taskId, clock) => {
    expect(found(named, taskId, clock)).toBeNull();
  });

  it('a task that takes its time to go is found however long', () => {
    expect(found(APP, APP, '09:00:00')).not.toBeNull();
    expect(announcedKillOf(undefined, { taskId: APP, finishedAt: at('12:00:10') })).toBeNull();
  });
});
