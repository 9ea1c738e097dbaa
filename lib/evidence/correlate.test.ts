import { describe, expect, it } from 'vitest';

import { type CorrelationInput, correlate } from './correlate';
import { afterKill, containerOf, endOf, KILL, placedOf } from './tieable-for-tests';

const UUID = '10e47946-4c54-4d64-9276-0ce94af31d44';
const OTHER_UUID = '20e47946-4c54-4d64-9276-0ce94af31d44';
const CHILD = 'aae47946-4c54-4d64-9276-0ce94af31d44';
const DOCKER = `812c82c5a7a5${'0'.repeat(52)}`;
const OTHER_DOCKER = `912c82c5a7a5${'0'.repeat(52)}`;

function input(over: Partial<CorrelationInput>): CorrelationInput {
  return {
    signals: [],
    ends: [],
    containers: [],
    statusLines: [],
    proven: [],
    now: afterKill(5),
    lastPolledAt: afterKill(4),
    ...over,
  };
}

/** `signal end by proof candidates`, sorted. */
function tied(over: Partial<CorrelationInput>): string[] {
  return correlate(input(over))
    .ties.map((tie) => [tie.signalId, tie.endId, tie.by, tie.proof, tie.candidates].join(' '))
    .sort();
}

function about(over: Partial<CorrelationInput>, id = 's1') {
  const answer = correlate(input(over)).about.get(id) ?? null;
  return answer === null ? null : [answer.about, answer.appId, answer.taskId, answer.proof].join(' ');
}

describe('ties by what the log names', () => {
  it.each<{ when: string; given: Partial<CorrelationInput>; want: string[] }>([
    {
      when: 'the Docker id, by the table of containers',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER })],
        ends: [endOf('e1', { containerId: UUID }), endOf('e2')],
        containers: [containerOf(UUID, { dockerId: DOCKER })],
      },
      want: ['s1 e1 container_id proven 1'],
    },
    {
      when: 'a kill line alone: its container is that of a line beside it',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER, cgroup: null, limitCgroup: null, invokedBy: null })],
        ends: [endOf('e1', { containerId: UUID })],
        containers: [containerOf(UUID, { dockerId: DOCKER })],
      },
      want: ['s1 e1 container_id likely 1'],
    },
    {
      when: 'its first twelve digits',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER.slice(0, 12) })],
        ends: [endOf('e1', { containerId: UUID })],
        containers: [
          containerOf(UUID, { dockerId: DOCKER }),
          containerOf(OTHER_UUID, { dockerId: OTHER_DOCKER }),
        ],
      },
      want: ['s1 e1 container_id proven 1'],
    },
    {
      when: 'a beginning of two Docker ids: of neither',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER.slice(0, 12), limitKb: 1 })],
        ends: [endOf('e1', { containerId: UUID })],
        containers: [
          containerOf(UUID, { dockerId: DOCKER }),
          containerOf(OTHER_UUID, { dockerId: `${DOCKER.slice(0, 12)}${'1'.repeat(52)}` }),
        ],
      },
      want: [],
    },
    {
      when: 'the Docker id of a task whose statuses tell no container',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER })],
        ends: [endOf('e1'), endOf('e2')],
        containers: [containerOf(UUID, { dockerId: DOCKER, taskId: 'task-e2', frameworkId: 'f1' })],
      },
      want: ['s1 e2 container_id proven 1'],
    },
    {
      when: 'the Mesos id, on a host of no known name, hours apart',
      given: {
        signals: [
          placedOf(
            's1',
            { containerId: UUID.toUpperCase(), host: 'x', at: afterKill(-7_200) },
            { host: null },
          ),
        ],
        ends: [endOf('e1', { containerId: UUID })],
      },
      want: ['s1 e1 container_id proven 1'],
    },
    {
      when: 'a nested container that ran inside the task’s',
      given: {
        signals: [placedOf('s1', { containerId: `${UUID}.check-1` })],
        ends: [endOf('e1', { containerId: UUID })],
      },
      want: ['s1 e1 container_id proven 1'],
    },
    {
      when: 'a pod’s container: the one of its tasks that SIGKILL ended',
      given: {
        signals: [placedOf('s1', { containerId: UUID, limitKb: 200_000 })],
        ends: [
          endOf('e1', { containerId: `${UUID}.${CHILD}` }),
          endOf('e2', {
            containerId: `${UUID}.${OTHER_UUID}`,
            state: 'TASK_KILLED',
            cause: 'killed_by_operator',
          }),
        ],
      },
      want: ['s1 e1 container_id likely 1'],
    },
    {
      when: 'a container whose program then exited by itself: tied as a fact',
      given: {
        signals: [placedOf('s1', { containerId: UUID })],
        ends: [endOf('e1', { containerId: UUID, cause: 'app_exit_nonzero', exitCode: 1, signal: null })],
      },
      want: ['s1 e1 container_id proven 1'],
    },
    {
      when: 'a container of the host’s own lack of memory',
      given: {
        signals: [
          placedOf('s1', {
            signature: 'global_oom',
            containerId: DOCKER,
            limitKb: null,
            orchestrator: 'docker',
          }),
        ],
        ends: [endOf('e1', { containerId: UUID })],
        containers: [containerOf(UUID, { dockerId: DOCKER })],
      },
      want: ['s1 e1 container_id proven 1'],
    },
    {
      when: 'the task, on a line of its agent',
      given: {
        signals: [
          placedOf('s1', { signature: 'mesos_kill_ignored', source: 'mesos_agent', taskId: 'task-e1' }),
        ],
        ends: [endOf('e1'), endOf('e2')],
      },
      want: ['s1 e1 task_id proven 1'],
    },
    {
      when: 'a task id that was used twice: the end nearest in time',
      given: {
        signals: [placedOf('s1', { signature: 'mesos_agent_oom_report', taskId: 't' })],
        ends: [endOf('e1', { taskId: 't' }), endOf('e2', { taskId: 't', finishedAt: afterKill(-86_400) })],
      },
      want: ['s1 e1 task_id proven 1'],
    },
    {
      when: 'the same task id on another host',
      given: {
        signals: [placedOf('s1', { signature: 'mesos_agent_oom_report', taskId: 'task-e1', limitKb: 1 })],
        ends: [endOf('e1', { hostname: 'node-2.example.test' })],
      },
      want: [],
    },
    {
      when: 'the pid of the main process',
      given: {
        signals: [placedOf('s1')],
        ends: [endOf('e1', { containerId: UUID }), endOf('e2')],
        containers: [containerOf(UUID, { pid: 76513 })],
      },
      want: ['s1 e1 pid proven 1'],
    },
    {
      when: 'the pid of a child whose parent stands in the process table',
      given: {
        signals: [
          placedOf('s1', {
            killedPid: 76_600,
            processes: [
              { pid: 76_513, name: 'sh', rssKb: 10 },
              { pid: 76_600, name: 'java', rssKb: 60_000 },
            ],
          }),
        ],
        ends: [endOf('e1', { containerId: UUID, cause: 'app_exit_nonzero', exitCode: 1, signal: null })],
        containers: [containerOf(UUID, { pid: 76_513 })],
      },
      want: ['s1 e1 pid proven 1'],
    },
    {
      when: 'a table of two containers’ processes: of neither',
      given: {
        signals: [
          placedOf('s1', {
            killedPid: 9,
            limitKb: 1,
            processes: [
              { pid: 76_513, name: 'sh', rssKb: 10 },
              { pid: 76_600, name: 'sh', rssKb: 10 },
            ],
          }),
        ],
        ends: [endOf('e1', { containerId: UUID }), endOf('e2', { containerId: OTHER_UUID })],
        containers: [containerOf(UUID, { pid: 76_513 }), containerOf(OTHER_UUID, { pid: 76_600 })],
      },
      want: [],
    },
    {
      when: 'the process table of a host without memory: it lists everybody',
      given: {
        signals: [
          placedOf('s1', {
            signature: 'global_oom',
            killedPid: 9,
            limitKb: null,
            processes: [{ pid: 76_513, name: 'sh', rssKb: 10 }],
          }),
        ],
        ends: [endOf('e1', { containerId: UUID, cause: 'app_exit_nonzero', exitCode: 1, signal: null })],
        containers: [containerOf(UUID, { pid: 76_513 })],
      },
      want: [],
    },
    {
      when: 'a pid of another host',
      given: {
        signals: [placedOf('s1', { limitKb: 1 })],
        ends: [endOf('e1', { containerId: UUID })],
        containers: [containerOf(UUID, { pid: 76_513, host: 'node-2.example.test' })],
      },
      want: [],
    },
    {
      when: 'a pid that was used again after its container had ended',
      given: {
        signals: [placedOf('s1', { limitKb: 1 })],
        ends: [
          endOf('e1', { containerId: UUID, finishedAt: afterKill(-3_600), startedAt: afterKill(-7_200) }),
        ],
        containers: [containerOf(UUID, { pid: 76_513, firstSeenAt: afterKill(-7_200) })],
      },
      want: [],
    },
    {
      when: 'a Docker id that a line of a log gives to another container: the one that docker inspect told',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER })],
        ends: [endOf('e1', { containerId: UUID }), endOf('e2', { containerId: OTHER_UUID })],
        containers: [
          containerOf(UUID, { dockerId: DOCKER }),
          containerOf(OTHER_UUID, { dockerId: DOCKER, toldBy: 'log' }),
        ],
      },
      want: ['s1 e1 container_id proven 1'],
    },
    {
      when: 'a Docker id that lines of a log give to two containers: of neither',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER, limitKb: 1 })],
        ends: [endOf('e1', { containerId: UUID }), endOf('e2', { containerId: OTHER_UUID })],
        containers: [
          containerOf(UUID, { dockerId: DOCKER, toldBy: 'log' }),
          containerOf(OTHER_UUID, { dockerId: DOCKER, toldBy: 'log' }),
        ],
      },
      want: [],
    },
    {
      when: 'a task id that other frameworks than Marathon use again: a run of yesterday is no proof',
      given: {
        signals: [placedOf('s1', { signature: 'mesos_agent_oom_report', taskId: '0' })],
        ends: [endOf('e1', { taskId: '0', startedAt: afterKill(-90_000), finishedAt: afterKill(-86_400) })],
      },
      want: ['s1 e1 task_id possible 1'],
    },
    {
      when: 'the same once the end of its own run came: that alone',
      given: {
        signals: [placedOf('s1', { signature: 'mesos_agent_oom_report', taskId: '0' })],
        ends: [
          endOf('e1', { taskId: '0', startedAt: afterKill(-90_000), finishedAt: afterKill(-86_400) }),
          endOf('e2', { taskId: '0' }),
        ],
        proven: [{ signalId: 's1', endId: 'e1', by: 'task_id', proof: 'proven', reason: 'r', candidates: 1 }],
      },
      want: ['s1 e2 task_id proven 1'],
    },
    {
      when: 'a task id that two frameworks use at one time',
      given: {
        signals: [placedOf('s1', { signature: 'mesos_agent_oom_report', taskId: '0' })],
        ends: [
          endOf('e1', { taskId: '0' }),
          endOf('e2', { taskId: '0', frameworkId: 'f2', finishedAt: afterKill(2) }),
        ],
      },
      want: ['s1 e1 task_id possible 1'],
    },
    {
      when: 'what was proven before, though what proved it is forgotten',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER })],
        ends: [endOf('e1')],
        proven: [
          { signalId: 's1', endId: 'e1', by: 'container_id', proof: 'proven', reason: 'r', candidates: 1 },
        ],
      },
      want: ['s1 e1 container_id proven 1'],
    },
  ])('$when', ({ given, want }) => {
    expect(tied(given)).toEqual(want);
  });

  it('leaves two deaths of one app in one second where their ids are', () => {
    const given = {
      signals: [placedOf('s1', { containerId: DOCKER }), placedOf('s2', { containerId: OTHER_DOCKER })],
      ends: [endOf('e1', { containerId: UUID }), endOf('e2', { containerId: OTHER_UUID })],
      containers: [
        containerOf(UUID, { dockerId: OTHER_DOCKER }),
        containerOf(OTHER_UUID, { dockerId: DOCKER }),
      ],
    };
    expect(tied(given)).toEqual(['s1 e2 container_id proven 1', 's2 e1 container_id proven 1']);
  });
});

describe('ties by host, time and limit', () => {
  it.each<{ when: string; given: Partial<CorrelationInput>; want: string[] }>([
    {
      when: 'one kill and one end',
      given: { signals: [placedOf('s1')], ends: [endOf('e1')] },
      want: ['s1 e1 time_and_size likely 1'],
    },
    {
      when: 'a clock of the host that is 90 s ahead',
      given: { signals: [placedOf('s1')], ends: [endOf('e1', { finishedAt: afterKill(-90) })] },
      want: ['s1 e1 time_and_size likely 1'],
    },
    {
      when: 'a clock of the host that is 90 s behind, and a report a minute late',
      given: { signals: [placedOf('s1')], ends: [endOf('e1', { finishedAt: afterKill(150) })] },
      want: ['s1 e1 time_and_size likely 1'],
    },
    {
      when: 'later than that',
      given: { signals: [placedOf('s1')], ends: [endOf('e1', { finishedAt: afterKill(151) })] },
      want: [],
    },
    {
      when: 'earlier than that',
      given: { signals: [placedOf('s1')], ends: [endOf('e1', { finishedAt: afterKill(-91) })] },
      want: [],
    },
    {
      when: 'the Mesos containerizer’s limit, with its executor',
      given: {
        signals: [placedOf('s1', { limitKb: 96 * 1024 })],
        ends: [endOf('e1', { containerizer: 'MESOS' })],
      },
      want: ['s1 e1 time_and_size likely 1'],
    },
    {
      when: 'that limit of a Docker task',
      given: { signals: [placedOf('s1', { limitKb: 96 * 1024 })], ends: [endOf('e1')] },
      want: [],
    },
    {
      when: 'another limit',
      given: { signals: [placedOf('s1', { limitKb: 131_072 })], ends: [endOf('e1')] },
      want: [],
    },
    {
      when: 'a limit that is not told',
      given: { signals: [placedOf('s1', { limitKb: null })], ends: [endOf('e1')] },
      want: ['s1 e1 time possible 1'],
    },
    {
      when: 'a time that is not told',
      given: { signals: [placedOf('s1', { at: null })], ends: [endOf('e1')] },
      want: ['s1 e1 time_and_size possible 1'],
    },
    {
      when: 'exit code 1',
      given: {
        signals: [placedOf('s1')],
        ends: [endOf('e1', { cause: 'app_exit_nonzero', exitCode: 1, signal: null })],
      },
      want: [],
    },
    {
      when: 'killed on request',
      given: {
        signals: [placedOf('s1')],
        ends: [endOf('e1', { state: 'TASK_KILLED', cause: 'killed_by_deploy_or_scale' })],
      },
      want: [],
    },
    {
      when: 'started after the kill',
      given: {
        signals: [placedOf('s1')],
        ends: [endOf('e1', { startedAt: afterKill(91), finishedAt: afterKill(120) })],
      },
      want: [],
    },
    {
      when: 'another host',
      given: { signals: [placedOf('s1')], ends: [endOf('e1', { hostname: 'node-2' })] },
      want: [],
    },
    {
      when: 'a host of the same name in other letters',
      given: { signals: [placedOf('s1')], ends: [endOf('e1', { hostname: 'NODE-1.example.test' })] },
      want: ['s1 e1 time_and_size likely 1'],
    },
    {
      when: 'no agent we know',
      given: { signals: [placedOf('s1', {}, { host: null })], ends: [endOf('e1')] },
      want: [],
    },
    {
      when: 'the Docker id of another container',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER })],
        ends: [endOf('e1', { containerId: UUID })],
        containers: [containerOf(UUID, { dockerId: OTHER_DOCKER })],
      },
      want: [],
    },
    {
      when: 'the Mesos id of another container',
      given: {
        signals: [placedOf('s1', { containerId: OTHER_UUID })],
        ends: [endOf('e1', { containerId: UUID })],
      },
      want: [],
    },
    {
      when: 'two kills and two ends in one second: all of them, none sure',
      given: {
        signals: [placedOf('s1', { killedPid: 1 }), placedOf('s2', { killedPid: 2 })],
        ends: [endOf('e1'), endOf('e2')],
      },
      want: [
        's1 e1 time_and_size possible 2',
        's1 e2 time_and_size possible 2',
        's2 e1 time_and_size possible 2',
        's2 e2 time_and_size possible 2',
      ],
    },
    {
      when: 'two kills in one container: one death',
      given: {
        signals: [
          placedOf('s1', { containerId: DOCKER, killedPid: 1 }),
          placedOf('s2', { containerId: DOCKER, killedPid: 2, at: afterKill(1) }),
        ],
        ends: [endOf('e1')],
      },
      want: ['s1 e1 time_and_size likely 1', 's2 e1 time_and_size likely 1'],
    },
    {
      when: 'an app that dies every minute: each death with its own kill',
      given: {
        signals: [0, 60, 120].map((seconds) => placedOf(`s${seconds}`, { at: afterKill(seconds) })),
        ends: [0, 60, 120].map((seconds) =>
          endOf(`e${seconds}`, { startedAt: afterKill(seconds - 55), finishedAt: afterKill(seconds + 1) }),
        ),
      },
      want: [
        's0 e0 time_and_size likely 1',
        's120 e120 time_and_size likely 1',
        's60 e60 time_and_size likely 1',
      ],
    },
    {
      when: 'one kill, and two deaths a second apart',
      given: { signals: [placedOf('s1')], ends: [endOf('e1'), endOf('e2', { finishedAt: afterKill(2) })] },
      want: ['s1 e1 time_and_size possible 1', 's1 e2 time_and_size possible 1'],
    },
    {
      when: 'one kill right before one end, and an end a minute later that it could not have waited for',
      given: { signals: [placedOf('s1')], ends: [endOf('e1'), endOf('e2', { finishedAt: afterKill(70) })] },
      want: ['s1 e1 time_and_size likely 1'],
    },
    {
      when: 'a kill that an id gives to one end leaves none for the other',
      given: {
        signals: [placedOf('s1', { containerId: DOCKER })],
        ends: [endOf('e1', { containerId: UUID }), endOf('e2')],
        containers: [containerOf(UUID, { dockerId: DOCKER })],
      },
      want: ['s1 e1 container_id proven 1'],
    },
    {
      when: 'the agent’s own line in the same log, whose clock is an hour off',
      given: {
        signals: [placedOf('s1', { at: afterKill(3_600) })],
        ends: [endOf('e1'), endOf('e2', { finishedAt: afterKill(3_700) })],
        statusLines: [
          { host: 'node-1.example.test', at: afterKill(3_601), taskId: 'task-e1', state: 'TASK_FAILED' },
        ],
      },
      want: ['s1 e1 time_and_size likely 1'],
    },
    {
      when: 'that line in a log of a host that no agent is known by',
      given: {
        signals: [placedOf('s1', { host: 'worker-b7' }, { host: null })],
        ends: [endOf('e1')],
        statusLines: [{ host: 'worker-b7', at: afterKill(1), taskId: 'task-e1', state: 'TASK_FAILED' }],
      },
      want: ['s1 e1 time_and_size likely 1'],
    },
    {
      when: 'two ends in one second, of which the log tells one right after the kill and one long before',
      given: {
        signals: [placedOf('s1')],
        ends: [endOf('e1'), endOf('e2')],
        statusLines: [
          { host: 'node-1.example.test', at: afterKill(1), taskId: 'task-e2', state: 'TASK_FAILED' },
          { host: 'node-1.example.test', at: afterKill(-20), taskId: 'task-e1', state: 'TASK_FAILED' },
        ],
      },
      want: ['s1 e2 time_and_size likely 1'],
    },
  ])('$when', ({ given, want }) => {
    expect(tied(given)).toEqual(want);
  });

  it.each([
    { when: '500 kills and 20,000 ends', kills: 500, ends: 20_000, container: null },
    { when: '5,000 kills of one container and 300 ends', kills: 5_000, ends: 300, container: DOCKER },
  ])('of a storm in one second none is sure, and it takes moments: $when', ({ kills, ends, container }) => {
    const given = {
      signals: Array.from({ length: kills }, (_, n) =>
        placedOf(`s${n}`, { killedPid: n + 1, containerId: container, at: afterKill(n / kills) }),
      ),
      ends: Array.from({ length: ends }, (_, n) => endOf(`e${n}`, { finishedAt: afterKill(1 + n / ends) })),
    };
    const startedAt = performance.now();
    const { ties } = correlate(input(given));
    // Each with each it is several seconds, and more ties than a list of arguments holds.
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(ties.length).toBeGreaterThan(0);
    expect(new Set(ties.map(({ proof }) => proof))).toEqual(new Set(['possible']));
  });

  it('does not depend on the order of its input', () => {
    const given = {
      signals: [0, 1, 2, 3].map((n) => placedOf(`s${n}`, { killedPid: n + 1, at: afterKill(n * 20) })),
      ends: [0, 1, 2, 3].map((n) => endOf(`e${n}`, { finishedAt: afterKill(n * 20 + 1) })),
    };
    const turned = { signals: given.signals.toReversed(), ends: given.ends.toReversed() };
    expect(tied(turned)).toEqual(tied(given));
  });
});

describe('what ties to nothing', () => {
  it.each(['kubernetes', 'ecs', 'lxc', 'systemd', 'other'] as const)(
    'a kill in what %s runs',
    (orchestrator) => {
      const given = { signals: [placedOf('s1', { orchestrator })], ends: [endOf('e1')] };
      expect(tied(given)).toEqual([]);
      expect(about(given)).toBe('foreign   ');
    },
  );

  it.each(['unregister_netdevice', 'hung_task', 'docker_hang', 'no_space', 'io_error'] as const)(
    'a sign of the host: %s',
    (signature) => {
      const given = { signals: [placedOf('s1', { signature, limitKb: null })], ends: [endOf('e1')] };
      expect(tied(given)).toEqual([]);
      expect(about(given)).toBe('host   ');
    },
  );

  it('a victim of systemd on a host without memory is the host’s trouble', () => {
    const given = {
      signals: [placedOf('s1', { signature: 'global_oom', orchestrator: 'systemd', limitKb: null })],
      ends: [endOf('e1')],
    };
    expect(tied(given)).toEqual([]);
    expect(about(given)).toBe('host   ');
  });
});

describe('what a signal is about', () => {
  const known = {
    signals: [placedOf('s1', { containerId: DOCKER })],
    containers: [containerOf(UUID, { dockerId: DOCKER, taskId: 'task-e1', lastSeenAt: afterKill(200) })],
  };

  it('a task end, where one is tied', () => {
    expect(about({ signals: [placedOf('s1')], ends: [endOf('e1')] })).toBe('task_end /shop/cart  ');
  });

  it('open while an end may come, then a task that lives on', () => {
    expect(about(known)).toBeNull();
    expect(about({ ...known, lastPolledAt: afterKill(181) })).toBe('running /shop/cart task-e1 proven');
    expect(about({ ...known, now: afterKill(190) })).toBe('running /shop/cart task-e1 proven');
  });

  it('a task that lived on, though it ended hours later', () => {
    const given = {
      ...known,
      ends: [endOf('e1', { finishedAt: afterKill(7_200), exitCode: 1 })],
      now: afterKill(9_000),
    };
    expect(about(given)).toBe('running /shop/cart task-e1 proven');
    expect(tied(given)).toEqual(['s1 e1 container_id proven 1']);
  });

  it('the only container of that limit that lives on, which is likely; of two, none', () => {
    const one = containerOf(UUID, {
      taskId: 'task-e1',
      memLimitBytes: 64 * 1024 * 1024,
      lastSeenAt: afterKill(170),
    });
    const given = { signals: [placedOf('s1')], lastPolledAt: afterKill(200) };
    expect(about({ ...given, containers: [one] })).toBe('running /shop/cart task-e1 likely');
    expect(about({ ...given, containers: [one, { ...one, containerId: OTHER_UUID }] })).toBe('unknown   ');
    expect(about({ ...given, containers: [{ ...one, lastSeenAt: KILL }] })).toBe('unknown   ');
  });

  it('the host, of a kill that Docker did not obey, until the end of that task comes', () => {
    const signals = [
      placedOf('s1', { signature: 'docker_kill_timeout', containerId: DOCKER, limitKb: null }),
    ];
    expect(about({ ...known, signals })).toBe('host /shop/cart  ');
    expect(
      about({ ...known, signals, ends: [endOf('e1', { containerId: UUID, finishedAt: afterKill(900) })] }),
    ).toBe('task_end /shop/cart  ');
  });

  it('unknown, where no agent has that name', () => {
    expect(about({ signals: [placedOf('s1', {}, { host: null })], now: afterKill(600) })).toBe('unknown   ');
  });
});
