import { describe, expect, it } from 'vitest';

import { SCENARIO_NAMES, type ScenarioName } from '../scenarios/scenario';
import { createSimulation, type Simulation, type SimulationOptions } from '../simulation';
import { fileLine, rfc5424Line, stampOf } from './format-line';
import type { HostLine } from './host-log';

const NOW = Date.UTC(2026, 5, 10, 14) / 1000;
const DAY = 86_400;

type Told = { simulation: Simulation; lines: HostLine[]; textOf: (line: HostLine) => string };

function tell(options: Partial<SimulationOptions> = {}): Told {
  const lines: HostLine[] = [];
  const simulation = createSimulation({
    seed: 137,
    speed: 1,
    historySeconds: 3 * DAY,
    behindSeconds: 0,
    scenarios: SCENARIO_NAMES,
    version: '1.11',
    ringSize: null,
    epochFile: null,
    welcomes: false,
    taskKilling: false,
    onHostLine: (line) => lines.push(line),
    realNow: () => NOW,
    ...options,
  });
  return { simulation, lines, textOf: (line) => fileLine(simulation.world.timeline, line) };
}

function afterTrigger(name: ScenarioName, seconds = 600): Told {
  const told = tell({ historySeconds: 0, scenarios: [] });
  told.simulation.skip(600);
  told.simulation.trigger(name);
  told.simulation.skip(seconds);
  return told;
}

describe('the hosts’ logs agree with what happened', () => {
  const { simulation, lines, textOf } = tell();
  const ends = simulation.ends();
  const kernel = lines.filter(({ program }) => program === 'kernel');
  const kills = kernel.filter(({ text }) =>
    /^(Memory cgroup o|O)ut of memory: Killed|^Killed process/.test(text),
  );

  it('each kernel kill at a container’s limit names the pid of the truth, on its host, within a second before the status', () => {
    const killed = ends.filter(({ truth }) => truth.oom === 'container');
    expect(killed.length).toBeGreaterThan(100);
    for (const end of killed) {
      const mine = kills.find(
        ({ host, at, text }) =>
          host.hostname === end.hostname &&
          text.includes(`process ${end.killedPid} `) &&
          at <= end.timestamp &&
          at > end.timestamp - 1,
      );
      expect(mine, end.taskId).toBeDefined();
      const name = end.dockerId ?? `/mesos/${end.containerId}`;
      const named = kernel.some(
        ({ host, at, text }) =>
          host.hostname === end.hostname &&
          Math.abs(at - end.timestamp) < 1 &&
          (text.startsWith('Task in ') || text.startsWith('oom-kill:')) &&
          text.includes(name),
      );
      expect(named, end.taskId).toBe(true);
    }
  });

  it('both styles of kernel occur, and the killed one is the main process in some and its child in others', () => {
    const killed = ends.filter(({ killedPid }) => killedPid !== null);
    expect(new Set(killed.map(({ pid, killedPid }) => pid === killedPid))).toEqual(new Set([true, false]));
    const kinds = new Set(kills.map(({ host }) => host.kernel));
    expect(kinds).toEqual(new Set(['3.10', '5.10', '6.1']));
    expect(kernel.some(({ text }) => text.startsWith('Task in /docker/'))).toBe(true);
    expect(
      kernel.some(({ text }) => /oom_memcg=\/system\.slice\/docker-[0-9a-f]{64}\.scope,/.test(text)),
    ).toBe(true);
  });

  it('the limit told is the app’s memory', () => {
    const indexer = ends.find(({ appId, hostname, truth }) => {
      const host = simulation.world.hosts.get(hostname);
      return appId === '/search/indexer' && truth.oom === 'container' && host?.kernel === '3.10';
    });
    const at = indexer?.timestamp ?? 0;
    const block = kernel.filter(
      (line) => line.host.hostname === indexer?.hostname && Math.abs(line.at - at) < 1,
    );
    const texts = block.map(({ text }) => text);
    expect(texts.some((text) => /^memory: usage 4194304kB, limit 4194304kB, failcnt \d+$/.test(text))).toBe(
      true,
    );
    const table = texts.findIndex((text) => text.startsWith('[ pid ]'));
    expect(texts.slice(table + 1).filter((text) => /^\[\s*\d+\] .* \S+$/.test(text)).length).toBe(2);
  });

  it('every end that an executor or agent told has its status line, with the task’s id', () => {
    const told = new Set(
      lines.flatMap(({ host, text }) => {
        const [, state, task] =
          /^Handling status update (TASK_\w+) \(Status UUID: [0-9a-f-]{36}\) for task (\S+) /.exec(text) ??
          [];
        return state === undefined ? [] : [`${host.hostname} ${state} ${task}`];
      }),
    );
    const mine = ends.filter(
      ({ state, reason }) => state === 'TASK_FAILED' || (state === 'TASK_KILLED' && reason === null),
    );
    expect(mine.length).toBeGreaterThan(300);
    for (const end of mine)
      expect(told.has(`${end.hostname} ${end.state} ${end.taskId}`), end.taskId).toBe(true);
  });

  it('some ends of 137 have no kernel line at all: their sender stays unknown', () => {
    const unproven = ends.filter(({ truth }) => truth.cause === 'sigkill_137_unproven');
    expect(unproven.length).toBeGreaterThan(3);
    for (const end of unproven) {
      expect(
        kills.some(({ host, at }) => host.hostname === end.hostname && Math.abs(at - end.timestamp) < 1),
      ).toBe(false);
    }
  });

  it('clocks of some hosts are wrong by seconds, of one by more than a minute', () => {
    const skews = [...simulation.world.hosts.values()].map(({ skewSeconds }) => Math.abs(skewSeconds));
    expect(skews.filter((skew) => skew > 1).length).toBe(5);
    expect(Math.max(...skews)).toBeLessThanOrEqual(90);
    const [line] = lines.filter(({ host }) => host.skewSeconds > 80);
    expect(line === undefined ? 0 : stampOf(simulation.world.timeline, line) - line.at).toBeCloseTo(88.5, 3);
  });

  it('lines come in the order of their times, in three forms, by short and by full names', () => {
    const times = lines.map(({ at }) => at);
    expect(times.every((at, index) => index === 0 || at >= (times[index - 1] ?? 0))).toBe(true);
    const texts = lines.slice(0, 4000).map(textOf);
    expect(texts.some((text) => /^2026-06-\d\dT[\d:]{8}\.\d{6}\+00:00 node-\d\d kernel: /.test(text))).toBe(
      true,
    );
    expect(texts.some((text) => /^2026-06-\S+ node-\d\d\.fra1\.example\.test \S+\[\d+\]: /.test(text))).toBe(
      true,
    );
    expect(texts.some((text) => /^Jun {2}\d [\d:]{8} node-\d\d \S+: /.test(text))).toBe(true);
    expect(texts.some((text) => /^<\d+>1 2026-\S+Z node-\d\d\S* \S+ \S+ - - /.test(text))).toBe(true);
    expect(texts.every((text) => !text.includes('\n') && !text.includes('undefined'))).toBe(true);
  });

  it('a line on the wire is RFC 5424 whatever the host’s file has', () => {
    for (const line of lines.slice(0, 500)) {
      expect(rfc5424Line(simulation.world.timeline, line)).toMatch(
        /^<\d{1,3}>1 \d{4}-\S+Z \S+ \S+ (\d+|-) - - /,
      );
    }
  });

  it('most lines mean nothing, and their rate is low', () => {
    const perHostAndDay = lines.length / 24 / 3;
    expect(perHostAndDay).toBeGreaterThan(100);
    expect(perHostAndDay).toBeLessThan(600);
    expect(lines.filter(({ program }) => program === 'CROND').length).toBeGreaterThan(100);
  });
});

it('the same past has the same lines under the same numbers, told at once or step by step', () => {
  const whole = tell({ historySeconds: DAY });
  let clock = NOW - 0.2 * DAY;
  const stepwise = tell({ historySeconds: 0.8 * DAY, scenarios: [], realNow: () => clock });
  expect(stepwise.lines.length).toBeGreaterThan(500);
  const again = tell({ historySeconds: DAY });
  expect(again.lines.map(again.textOf)).toEqual(whole.lines.map(whole.textOf));
  // Small steps and one long one.
  const other = tell({ historySeconds: 0.8 * DAY, scenarios: [], realNow: () => NOW - 0.2 * DAY });
  for (let step = 0; step < 60; step += 1) {
    clock += 61.7;
    stepwise.simulation.catchUp();
  }
  other.simulation.skip(60 * 61.7);
  expect(stepwise.lines.map(({ at, text }) => `${at.toFixed(2)} ${text}`)).toEqual(
    other.lines.map(({ at, text }) => `${at.toFixed(2)} ${text}`),
  );
});

describe('stories in the logs', () => {
  const has = (lines: readonly HostLine[], pattern: RegExp) => lines.filter(({ text }) => pattern.test(text));

  it('a hung Docker: the device every ten seconds, a hung task, kills that time out, a restart', () => {
    const { simulation, lines } = afterTrigger('docker-hang', 1800);
    const [incident] = simulation.world.incidents;
    const mine = lines.filter(({ host }) => host.hostname === incident?.hostname);
    expect(
      has(mine, /^unregister_netdevice: waiting for veth[0-9a-f]{7} to become free\. Usage count = 1$/)
        .length,
    ).toBeGreaterThan(100);
    expect(has(mine, /^INFO: task dockerd:\d+ blocked for more than 120 seconds\.$/).length).toBeGreaterThan(
      5,
    );
    expect(has(mine, /failed to exit within 10 ?s(econds)? of kill - trying direct SIGKILL/).length).toBe(2);
    expect(has(mine, /^Starting Docker Application Container Engine/).length).toBe(1);
  });

  it('a child killed in a container that lives on: the process table has its main process too', () => {
    const { simulation, lines } = afterTrigger('oom-child');
    const [incident] = simulation.world.incidents;
    expect(has(lines, new RegExp(`Killed process ${incident?.killedPid} \\(ffmpeg\\)`)).length).toBe(1);
    const task = simulation.world.marathon.framework.tasks.get(incident?.taskId ?? '');
    expect(task?.state).toBe('TASK_RUNNING');
    expect(has(lines, new RegExp(`^\\[\\s*${task?.pid}\\] .* transcode\\.sh$`)).length).toBe(1);
  });

  it('a host out of memory kills a container’s process, and kills of others are none of ours', () => {
    const { simulation, lines } = afterTrigger('oom-host');
    const killed = simulation.ends().filter(({ truth }) => truth.cause === 'oom_host');
    expect(killed.length).toBeGreaterThan(0);
    for (const { killedPid } of killed) {
      expect(has(lines, new RegExp(`^(Out of memory: )?Killed process ${killedPid} `)).length).toBe(1);
    }
    expect(has(lines, /\/system\.slice\/node-exporter\.service/).length).toBeGreaterThan(0);
    expect(killed.every(({ message }) => message === 'Container exited with status 137')).toBe(true);
  });

  it('a full disk is said by several programs', () => {
    const { lines } = afterTrigger('disk-full', 1800);
    const programs = new Set(has(lines, /no space left on device/i).map(({ program }) => program));
    expect(programs.size).toBeGreaterThan(1);
  });
});
