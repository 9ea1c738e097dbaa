import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MODEL_REVISION, readEpoch, writeEpoch } from './epoch-file';
import { metricsJson } from './http/metrics-json';
import { MESOS_VERSIONS } from './model/mesos-version';
import { SCENARIO_NAMES, type ScenarioName } from './scenarios/scenario';
import { createSimulation, type SimulationOptions } from './simulation';

const NOW = Date.UTC(2026, 5, 10, 14) / 1000;
const DAY = 86_400;

let clock = NOW;
let dir = '';

beforeEach(() => {
  clock = NOW;
  dir = mkdtempSync(join(tmpdir(), 'sim-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function simulate(options: Partial<SimulationOptions> = {}) {
  return createSimulation({
    seed: 137,
    speed: 1,
    historySeconds: 7 * DAY,
    behindSeconds: 0,
    scenarios: SCENARIO_NAMES,
    version: '1.11',
    ringSize: null,
    epochFile: null,
    welcomes: true,
    taskKilling: false,
    onHostLine: null,
    realNow: () => clock,
    ...options,
  });
}

describe('the invented week', () => {
  const week = simulate();
  const ends = week.ends();

  it('holds 2,500 to 4,000 task ends, none of them in the future', () => {
    expect(ends.length).toBeGreaterThan(2500);
    expect(ends.length).toBeLessThan(4000);
    expect(ends.every(({ timestamp }) => timestamp <= NOW && timestamp > NOW - 7 * DAY)).toBe(true);
  });

  it.each([
    ['a Docker OOM is a bare 137 without reason', 'TASK_FAILED', /^Container exited with status 137$/, null],
    [
      'a UCR OOM names the limit',
      'TASK_FAILED',
      /^Memory limit exceeded: Requested: 2080MB/,
      'CONTAINER_LIMITATION_MEMORY',
    ],
    [
      'a missing image',
      'TASK_FAILED',
      /manifest for .* not found: manifest unknown/,
      'CONTAINER_LAUNCH_FAILED',
    ],
    ['a silent registry', 'TASK_FAILED', /Client\.Timeout exceeded/, 'CONTAINER_LAUNCH_FAILED'],
    ['a full disk', 'TASK_FAILED', /no space left on device/, 'CONTAINER_LAUNCH_FAILED'],
    ['a deploy kill', 'TASK_KILLED', /^Container exited with status 143$/, null],
    ['a kill whose grace period ran out', 'TASK_KILLED', /^Container exited with status 137$/, null],
    ['a crash', 'TASK_FAILED', /status 139$|Segmentation fault/, null],
    ['a SIGTERM from outside', 'TASK_FAILED', /status 143$/, null],
    ['an odd exit', 'TASK_FAILED', /status 255$/, null],
    ['a job that ends', 'TASK_FINISHED', /status 0$/, null],
    ['an unreachable agent', 'TASK_UNREACHABLE', /^health check timed out$/, 'SLAVE_REMOVED'],
    ['the same for a framework without partitions', 'TASK_LOST', /^health check timed out$/, 'SLAVE_REMOVED'],
    [
      'an agent back without its tasks',
      'TASK_GONE',
      /^Executor did not reregister/,
      'EXECUTOR_REREGISTRATION_TIMEOUT',
    ],
    [
      'an agent declared gone',
      'TASK_GONE_BY_OPERATOR',
      /^Agent has been marked gone$/,
      'SLAVE_REMOVED_BY_OPERATOR',
    ],
    ['a framework torn down', 'TASK_KILLED', /^Framework .* removed$/, 'FRAMEWORK_REMOVED'],
  ])('tells of %s', (_, state, message, reason) => {
    const found = ends.filter(
      (end) => end.state === state && message.test(end.message ?? '') && end.reason === reason,
    );
    expect(found.length).toBeGreaterThan(0);
  });

  it('the Java app dies about every forty minutes', () => {
    const deaths = ends.filter(({ appId, state }) => appId === '/search/indexer' && state === 'TASK_FAILED');
    const gaps = deaths.slice(1).map((end, index) => end.timestamp - (deaths[index]?.timestamp ?? 0));
    const median = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
    expect(median).toBeGreaterThan(36 * 60);
    expect(median).toBeLessThan(44 * 60);
  });

  it('the bad release of two days ago loops with growing pauses until it is rolled back', () => {
    const loop = ends.filter(
      ({ appId, timestamp, message }) =>
        appId === '/billing/invoice-worker' &&
        timestamp > NOW - 2.1 * DAY &&
        timestamp < NOW - 1.9 * DAY &&
        message === 'Container exited with status 1',
    );
    expect(loop.length).toBeGreaterThan(20);
    const app = week.world.marathon.apps.get('/billing/invoice-worker');
    const tags = app?.versions.map(({ definition }) => definition.tag) ?? [];
    expect(tags.some((tag, index) => index > 1 && tag === tags[index - 2])).toBe(true);
  });

  it('one host fails ten times as often as the others since yesterday', () => {
    const since = NOW - DAY;
    const failures = new Map<string, number>();
    for (const { hostname, state, timestamp } of ends) {
      if (state !== 'TASK_FAILED' || timestamp < since) continue;
      failures.set(hostname, (failures.get(hostname) ?? 0) + 1);
    }
    const [worst = 0, ...others] = [...failures.values()].sort((a, b) => b - a);
    const mean = others.reduce((sum, count) => sum + count, 0) / 23;
    expect(worst / mean).toBeGreaterThan(10);
    expect(worst / mean).toBeLessThan(30);
  });

  it('nightly jobs make the nights of the batch framework', () => {
    const atNight = ends.filter(
      ({ taskId, timestamp }) => taskId.includes('nightly-report') && (timestamp % DAY) / 3600 < 5,
    );
    expect(atNight.length).toBeGreaterThan(50);
  });

  it('a health-check kill leaves Marathon’s text as last failure, and Mesos’s own says so in the status', () => {
    const simulation = simulate({ historySeconds: 0, scenarios: [], welcomes: false });
    simulation.skip(600);
    simulation.trigger('health-check');
    const last = simulation.world.marathon.apps.get('/shop/checkout')?.lastTaskFailure;
    expect(last).toMatchObject({ state: 'TASK_KILLED' });
    expect(last?.message).toMatch(/^Task was killed since health check failed\. Reason: /);
    simulation.skip(60);
    expect(
      simulation
        .ends()
        .map(({ state, appId }) => `${state} ${appId}`)
        .sort(),
    ).toEqual(['TASK_KILLED /api/auth', 'TASK_KILLED /shop/checkout']);
    const checked = simulation.world.marathon.framework.completed.find(({ appId }) => appId === '/api/auth');
    expect(checked?.statuses.map(({ state, healthy }) => [state, healthy])).toEqual([
      ['TASK_STARTING', undefined],
      ['TASK_RUNNING', false],
      ['TASK_KILLED', false],
    ]);
  });

  it('about one task a minute ends while somebody watches', () => {
    const before = ends.length;
    clock = NOW + 3600;
    week.catchUp();
    expect(week.ends().length - before).toBeGreaterThan(60);
    expect(week.ends().length - before).toBeLessThan(200);
  });
});

describe('determinism', () => {
  it('the same seed and start give the same ends', () => {
    expect(simulate().ends()).toEqual(simulate().ends());
  });

  it('another seed, or another start instant, gives other ids', () => {
    const ids = new Set(
      simulate({ historySeconds: DAY })
        .ends()
        .map(({ taskId }) => taskId),
    );
    const other = simulate({ historySeconds: DAY, seed: 138 });
    clock += 3600;
    const later = simulate({ historySeconds: DAY });
    for (const { world, ends } of [other, later]) {
      expect(
        ends().some(({ taskId }) => ids.has(taskId) && !taskId.startsWith('ct:') && taskId.length > 3),
      ).toBe(false);
      expect(world.master.id).not.toBe(simulate({ historySeconds: DAY, seed: 139 }).world.master.id);
    }
  });

  it('many small steps and one large one come to the same', () => {
    const small = simulate({ historySeconds: DAY });
    const large = simulate({ historySeconds: DAY });
    for (let step = 0; step < 240; step += 1) {
      clock += 30.5;
      small.catchUp();
    }
    large.catchUp();
    expect(small.ends()).toEqual(large.ends());
  });

  it('a restart by its epoch file is the same cluster going on, whatever the other options say', () => {
    const epochFile = join(dir, 'epoch.json');
    const first = simulate({ historySeconds: 2 * DAY, epochFile });
    first.skip(120);
    first.trigger('agent-lost');
    first.skip(900);
    clock += 50;
    first.catchUp();
    const before = structuredClone(first.ends());

    clock += 7200;
    const second = simulate({ seed: 9, historySeconds: 0, scenarios: ['calm'], ringSize: 3, epochFile });
    expect(second.world.master.id).toBe(first.world.master.id);
    expect(second.world.timeline.stampOf(second.epoch.startAt)).toBe(
      first.world.timeline.stampOf(first.epoch.startAt),
    );
    // Those that were revived since say so; nothing else of the past may have changed.
    const past = second.ends().slice(0, before.length);
    expect(past.map((end) => ({ ...end, revivedAt: null }))).toEqual(
      before.map((end) => ({ ...end, revivedAt: null })),
    );
    expect(second.ends().length).toBeGreaterThan(before.length + 60);
  });

  it('after a change of the model the stored cluster is not contradicted: another one starts, without a past', () => {
    const epochFile = join(dir, 'epoch.json');
    const first = simulate({ epochFile });
    writeEpoch(epochFile, { ...first.epoch, revision: MODEL_REVISION + 1 });
    clock += 60;
    const second = simulate({ epochFile });
    expect(second.world.master.id).not.toBe(first.world.master.id);
    expect(second.ends()).toEqual([]);
  });

  it('a damaged epoch file is named, not overwritten', () => {
    const epochFile = join(dir, 'epoch.json');
    writeFileSync(epochFile, '{"seed":');
    expect(() => simulate({ epochFile })).toThrow(epochFile);
    expect(readEpoch(join(dir, 'none.json'))).toBeNull();
  });
});

describe('the master’s books', () => {
  it.each(MESOS_VERSIONS)('%s: counters equal the ends that happened', (version) => {
    const { world, ends } = simulate({ version });
    const metrics = metricsJson(world, true, world.master.startedAt);
    for (const word of ['finished', 'failed', 'killed', 'lost']) {
      const happened = ends().filter(({ state }) => state === `TASK_${word.toUpperCase()}`).length;
      expect(metrics[`master/tasks_${word}`]).toBe(happened);
    }
    expect(metrics['master/tasks_failed']).toBeGreaterThan(300);
  });

  it('every end stands once in a list of the master, or was revived', () => {
    const { world, ends } = simulate();
    const frameworks = [...world.master.frameworks.values(), ...world.master.completedFrameworks];
    const listed = frameworks.flatMap((one) => [
      ...one.completed,
      ...one.unreachable.values(),
      ...one.tasks.values(),
    ]);
    const ended = listed.filter(
      ({ state }) => !['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING'].includes(state),
    );
    const standing = ends().filter(({ revivedAt }) => revivedAt === null);
    const key = (one: { frameworkId: string; taskId: string }) => `${one.frameworkId}/${one.taskId}`;
    expect(ended.map(({ frameworkId, id }) => key({ frameworkId, taskId: id })).sort()).toEqual(
      standing.map(key).sort(),
    );
  });

  it('a full ring forgets the oldest completion first', () => {
    const { world, ends } = simulate({ ringSize: 50 });
    const { framework } = world.marathon;
    expect(framework.completed.length).toBe(50);
    const acknowledged = framework.completed.map((task) => task.statuses.at(-1)?.timestamp ?? 0);
    const mine = ends().filter(
      ({ frameworkId, revivedAt }) => frameworkId === framework.id && revivedAt === null,
    );
    // Late acknowledgements may change places with their neighbours.
    expect(Math.min(...acknowledged)).toBeGreaterThanOrEqual(mine.at(-60)?.timestamp ?? 0);
  });

  it.each([
    ['1.11', 'TASK_UNREACHABLE'],
    ['0.28', 'TASK_LOST'],
  ] as const)('%s: an agent that is lost makes its tasks %s', (version, state) => {
    const simulation = simulate({ version, historySeconds: 0, scenarios: [], welcomes: false });
    simulation.skip(600);
    simulation.trigger('agent-lost');
    expect(simulation.ends().length).toBeGreaterThan(0);
    expect(simulation.ends().every((end) => end.state === state)).toBe(true);
    simulation.skip(1800);
    const agents = [...simulation.world.master.agents.values()];
    expect(agents.filter(({ presence }) => presence === 'registered').length).toBe(24);
    if (version === '1.11')
      expect(
        simulation.ends().every(({ revivedAt, state: now }) => revivedAt !== null || now === 'TASK_KILLED'),
      ).toBe(true);
  });
});

describe('triggers', () => {
  it('a fleet without scenarios runs and nothing ends', () => {
    const simulation = simulate({ historySeconds: DAY, scenarios: [], welcomes: false });
    expect(simulation.ends()).toEqual([]);
    expect(simulation.world.marathon.byTask.size).toBeGreaterThan(110);
  });

  it.each(SCENARIO_NAMES)('%s: shows within ten minutes', (name: ScenarioName) => {
    const simulation = simulate({ historySeconds: 0, scenarios: [], welcomes: false });
    simulation.skip(600);
    simulation.trigger(name);
    simulation.skip(600);
    if (name === 'oom-child') expect(simulation.world.incidents).toMatchObject([{ kind: 'oom-child' }]);
    else if (name !== 'image-pull') expect(simulation.ends().length).toBeGreaterThan(0);
    else expect(simulation.ends().some(({ reason }) => reason === 'CONTAINER_LAUNCH_FAILED')).toBe(true);
  });

  it('a deployment is listed while it runs and gone after', () => {
    const simulation = simulate({ historySeconds: 0, scenarios: [], welcomes: false });
    simulation.skip(600);
    simulation.trigger('calm');
    simulation.skip(10);
    const running = [...simulation.world.marathon.deployments.values()];
    expect(running.length).toBe(1);
    const app = running[0]?.app;
    simulation.skip(900);
    expect(simulation.world.marathon.deployments.size).toBe(0);
    expect(app?.versions.length).toBe(2);
    expect(app?.lastConfigChangeAt).toBe(app?.versions.at(-1)?.version);
  });

  it('a crash loop is backed off and waits in the queue', () => {
    const simulation = simulate({ historySeconds: 0, scenarios: [], welcomes: false });
    simulation.skip(600);
    simulation.trigger('crash-loop');
    simulation.skip(1500);
    const looping = [...simulation.world.marathon.apps.values()].filter(
      ({ backoffSeconds }) => backoffSeconds > 5,
    );
    expect(looping.map(({ shape }) => shape.id)).toEqual(['/analytics/ingest']);
    expect(looping[0]?.waitingSince).not.toBeNull();
  });

  it('a hung Docker answers no launch and ends no container until it is restarted', () => {
    const simulation = simulate({ historySeconds: 0, scenarios: [], welcomes: false });
    simulation.skip(600);
    simulation.trigger('docker-hang');
    simulation.skip(900);
    const [incident] = simulation.world.incidents;
    expect(incident).toMatchObject({ kind: 'docker-hang', until: null });
    const hung = simulation.ends().filter(({ truth }) => truth.cause === 'docker_daemon_unresponsive');
    expect(hung.length).toBeGreaterThan(1);
    expect(new Set(hung.map(({ hostname }) => hostname))).toEqual(new Set([incident?.hostname]));
    const stuck = () =>
      simulation.ends().filter(({ truth }) => truth.cause === 'kill_failed_container_stuck').length;
    expect(stuck()).toBe(0);
    simulation.skip(900);
    expect(stuck()).toBe(2);
    expect(incident?.until).not.toBeNull();
  });

  it.each([
    [false, 'TASK_RUNNING'],
    [true, 'TASK_KILLING'],
  ])('with task_killing %s a container that cannot be killed stays %s', (taskKilling, state) => {
    const simulation = simulate({ historySeconds: 0, scenarios: [], welcomes: false, taskKilling });
    simulation.skip(600);
    simulation.trigger('stuck-kill');
    simulation.skip(1200);
    const [incident] = simulation.world.incidents;
    const task = simulation.world.marathon.framework.tasks.get(incident?.taskId ?? '');
    expect(task?.state).toBe(state);
    simulation.skip(2400);
    expect(simulation.ends().find(({ taskId }) => taskId === incident?.taskId)).toMatchObject({
      state: 'TASK_KILLED',
      message: 'Container exited with status 137',
      truth: { cause: 'kill_failed_container_stuck' },
    });
  });

  it('a storm overruns the ring, and leaves the invented week alone', () => {
    const simulation = simulate({ historySeconds: 0, scenarios: ['storm'], welcomes: false, ringSize: 200 });
    simulation.skip(3600);
    expect(simulation.ends()).toEqual([]);
    simulation.trigger('storm');
    simulation.skip(180);
    // Those that failed are tried again.
    expect(simulation.ends().length).toBeGreaterThanOrEqual(250);
    const chronos = [...simulation.world.master.frameworks.values()].find(({ name }) => name === 'chronos');
    expect(chronos?.completed.length).toBe(200);
  });

  it('a full disk refuses launches on its host only', () => {
    const simulation = simulate({ historySeconds: 0, scenarios: [], welcomes: false });
    simulation.skip(600);
    simulation.trigger('disk-full');
    simulation.skip(900);
    const [incident] = simulation.world.incidents;
    const full = simulation.ends().filter(({ truth }) => truth.cause === 'no_space_left_on_device');
    expect(full.some(({ reason }) => reason === 'CONTAINER_LAUNCH_FAILED')).toBe(true);
    expect(new Set(full.map(({ hostname }) => hostname))).toEqual(new Set([incident?.hostname]));
  });
});
