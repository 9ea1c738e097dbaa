import { describe, expect, it } from 'vitest';

import { parseLine } from './line-prefix';
import { mesosAgentParser } from './mesos-agent';

const MESOS = '5d0f6a3e-7c1b-4c55-9a0e-0b6f4a1d2c3e';
const CHILD = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
const UPDATE = '11111111-2222-4333-8444-555555555555';
const OPTIONS = { receivedAt: new Date('2019-06-01T00:00:00Z'), timeZone: 'UTC', host: null };

const slave = (text: string, severity = 'I', file = 'slave.cpp:3211', tag = 'mesos-slave[900]') =>
  `May 31 10:00:00 h1 ${tag}: ${severity}0531 10:00:00.123456 917 ${file}] ${text}`;

function read(raw: string) {
  const line = parseLine(raw, OPTIONS);
  if (!mesosAgentParser.needles.some((needle) => line.message.includes(needle))) return [];
  return mesosAgentParser.parse(line);
}

describe('sightings', () => {
  it.each([
    `Handling status update TASK_FAILED (UUID: ${UPDATE}) for task web.1 of framework f-0000 from executor(1)@10.0.0.1:4000`,
    `Handling status update TASK_FAILED (Status UUID: ${UPDATE}) for task web.1 of framework f-0000 from @0.0.0.0:0`,
    `Handling status update TASK_FAILED (UUID: ${UPDATE}) for task web.1 in health state unhealthy of framework f-0000 from executor(1)@10.0.0.1:4000`,
    `Handling status update TASK_FAILED (Status UUID: ${UPDATE}) for task web.1 of framework f-0000`,
  ])('an end: %s', (text) => {
    expect(read(slave(text))).toEqual([
      {
        sighting: {
          kind: 'status_update',
          host: 'h1',
          at: new Date('2019-05-31T10:00:00.123Z'),
          mesosContainerId: null,
          dockerId: null,
          pid: null,
          taskId: 'web.1',
          frameworkId: 'f-0000',
          state: 'TASK_FAILED',
          line: slave(text),
        },
      },
    ]);
  });

  it.each([
    {
      line: slave(
        `Starting container '${MESOS}' for task 'web.1' (and executor 'web.1') of framework 'f-0000'`,
        'I',
        'docker.cpp:743',
      ),
      want: { mesosContainerId: MESOS, taskId: 'web.1', frameworkId: 'f-0000', pid: null },
    },
    {
      line: slave(
        `Starting container '${MESOS}' for executor 'web.1' and framework f-0000`,
        'I',
        'docker.cpp:1100',
      ),
      want: { mesosContainerId: MESOS, taskId: 'web.1', frameworkId: 'f-0000' },
    },
    {
      line: slave(
        `Starting container '${MESOS}' (and executor 'web.1') of framework f-0000`,
        'I',
        'docker.cpp:1191',
      ),
      want: { mesosContainerId: MESOS, taskId: 'web.1', frameworkId: 'f-0000' },
    },
    {
      line: slave(`Launching container ${MESOS}.${CHILD} for executor 'web.1' of framework f-0000`),
      want: { mesosContainerId: `${MESOS}.${CHILD}`, taskId: 'web.1' },
    },
    {
      line: slave(
        `Launching executor 'web.1' of framework f-0000 with resources [{"name":"cpus"}] in work directory '/var/lib/mesos/slave/slaves/S1/frameworks/f-0000/executors/web.1/runs/${MESOS}'`,
      ),
      want: { mesosContainerId: MESOS, taskId: 'web.1', frameworkId: 'f-0000' },
    },
    {
      line: slave(
        `Checkpointing container's forked pid 4711 to '/var/lib/mesos/slave/meta/slaves/S1/frameworks/f-0000/executors/web.1/runs/${MESOS}/pids/forked.pid'`,
        'I',
        'containerizer.cpp:2012',
      ),
      want: { mesosContainerId: MESOS, taskId: 'web.1', pid: 4711 },
    },
  ])('a container and its task: $line', ({ line, want }) => {
    expect(read(line)).toMatchObject([{ sighting: { kind: 'container', host: 'h1', ...want } }]);
  });

  it.each([
    slave(
      `Handling status update TASK_RUNNING (UUID: ${UPDATE}) for task web.1 of framework f-0000 from executor(1)@10.0.0.1:4000`,
    ),
    slave(
      `Forwarding the update TASK_FAILED (UUID: ${UPDATE}) for task web.1 of framework f-0000 to master@10.0.0.9:5050`,
    ),
    slave(
      `Handling status update TASK_FAILED (UUID: ${UPDATE}) for task  of framework f-0000 from executor(1)@10.0.0.1:4000`,
    ),
    slave(`Starting container ${MESOS}`, 'I', 'containerizer.cpp:1280'),
  ])('no sighting: %s', (line) => {
    expect(read(line)).toEqual([]);
  });
});

it('what a task prints of tasks and containers is no sighting, whatever form it has', () => {
  for (const text of [
    `Handling status update TASK_FAILED (UUID: ${UPDATE}) for task web.1 of framework f-0000`,
    `Starting container '${MESOS}' for task 'web.1' (and executor 'web.1') of framework 'f-0000'`,
  ]) {
    expect(read(slave(text))).toHaveLength(1);
    expect(read(slave(text, 'I', 'slave.cpp:3211', 'shop-cart[7]'))).toEqual([]);
  }
});

describe('signals', () => {
  it.each([
    {
      line: slave(
        "Ignoring kill task web.1 of framework f-0000 because the executor 'web.1' is terminating/terminated",
        'W',
      ),
      want: { signature: 'mesos_kill_ignored', taskId: 'web.1', frameworkId: 'f-0000' },
    },
    {
      line: slave(
        "Ignoring kill task web.1 because the executor 'web.1' of framework f-0000 (via HTTP) is terminated",
        'W',
      ),
      want: { signature: 'mesos_kill_ignored', taskId: 'web.1', frameworkId: 'f-0000' },
    },
    {
      line: slave('Cannot kill task web.1 of framework f-0000 because the agent is RECOVERING', 'W'),
      want: { signature: 'mesos_kill_ignored', taskId: 'web.1', frameworkId: 'f-0000' },
    },
    {
      line: slave(
        'Cannot kill task web.1 of framework f-0000 because no corresponding executor is running',
        'W',
      ),
      want: { signature: 'mesos_kill_ignored', taskId: 'web.1', frameworkId: 'f-0000' },
    },
    {
      line: slave('Ignoring kill task web.1 of framework f-0000 because the framework cannot be found', 'W'),
      want: { signature: 'mesos_kill_ignored', taskId: 'web.1' },
    },
    {
      line: slave(
        "Terminating executor 'web.1' of framework f-0000 because it did not register within 2.5mins",
      ),
      want: { signature: 'mesos_registration_timeout', taskId: 'web.1', frameworkId: 'f-0000', seconds: 150 },
    },
    {
      line: slave(
        "Killing un-reregistered executor 'web.1' of framework f-0000 at executor(1)@10.0.0.1:4000",
      ),
      want: { signature: 'mesos_registration_timeout', taskId: 'web.1' },
    },
    {
      line: slave(
        `Failed to update resources for container ${MESOS} of executor 'web.1' running task web.1 on status update for terminal task, destroying container: Container not found`,
        'E',
      ),
      want: { signature: 'container_not_found', containerId: MESOS, taskId: 'web.1' },
    },
    {
      line: slave('Check failed: state == RUNNING', 'F'),
      want: { signature: 'mesos_agent_abort', host: 'h1' },
    },
    {
      line: 'F0531 10:00:00.123456 917 slave.cpp:807] CHECK_SOME(state::checkpoint(path, id)): No space left',
      want: { signature: 'mesos_agent_abort' },
    },
    {
      line: slave(
        'EXIT with status 1: Failed to perform recovery: Incompatible agent info detected.',
        'E',
        'slave.cpp:7800',
      ),
      want: { signature: 'mesos_agent_abort' },
    },
    {
      line: 'Failed to perform recovery: Collect failed: Failed to recover x',
      want: { signature: 'mesos_agent_abort' },
    },
    {
      line: 'ABORT: (../../3rdparty/stout/include/stout/result.hpp:114): Result::get() but state == NONE',
      want: { signature: 'mesos_agent_abort' },
    },
    {
      line: 'May 31 10:00:00 h1 mesos-agent[900]: *** SIGABRT (@0x57f8) received by PID 900 (TID 0x7f1) from PID 900; stack trace: ***',
      want: { signature: 'mesos_agent_abort' },
    },
    {
      line: "May 31 10:00:00 h1 mesos-agent[900]: I0531 10:00:00.123456 917 slave.cpp:868] Agent asked to shut down by master@10.0.0.9:5050 because 'Agent attempted to reregister after removal'",
      want: { signature: 'mesos_agent_abort' },
    },
    {
      line: '[  138.321970] init: mesos-slave main process (2811) killed by ABRT signal',
      want: { signature: 'mesos_agent_abort' },
    },
    {
      line: 'May 31 10:00:00 h1 systemd[1]: dcos-mesos-slave.service: main process exited, code=killed, status=6/ABRT',
      want: { signature: 'mesos_agent_abort' },
    },
  ])('$line', ({ line, want }) => {
    expect(read(line)).toMatchObject([{ signal: { source: 'mesos_agent', ...want } }]);
  });

  it.each([
    [
      'a scheduler',
      'I0531 10:00:00.123456 917 sched.cpp:1] Ignoring kill task message as master is disconnected',
    ],
    [
      'a master',
      'May 31 10:00:00 m1 mesos-master[9]: F0531 10:00:00.123456 917 master.cpp:1536] Check failed: quorum',
    ],
    ['a master by its file', 'F0531 10:00:00.123456 917 master.cpp:1536] Check failed: quorum'],
    [
      'an orderly stop',
      'May 31 10:00:00 h1 mesos-agent[900]: *** SIGTERM (@0x1) received by PID 900 (TID 0x7f1) from PID 1; stack trace: ***',
    ],
    [
      'an orderly stop by systemd',
      'May 31 10:00:00 h1 systemd[1]: mesos-slave.service: main process exited, code=killed, status=15/TERM',
    ],
    [
      'another unit',
      'May 31 10:00:00 h1 systemd[1]: nginx.service: main process exited, code=killed, status=6/ABRT',
    ],
    [
      'another program’s abort',
      'May 31 10:00:00 h1 5c1e0f4d3b8a[1]: *** Aborted at 1465845433 (unix time) try "date -d @1465845433" ***',
    ],
    [
      'maintenance',
      slave("Agent asked to shut down by master@10.0.0.9:5050 because 'Operator initiated 'Machine DOWN''"),
    ],
    [
      'a master that does not know the task',
      'W0531 10:00:00.123456 917 master.cpp:4900] Cannot kill task web.1 of framework f-0000 (marathon) because it is unknown; performing reconciliation',
    ],
    ['an ordinary kill', slave('Asked to kill task web.1 of framework f-0000')],
    [
      'a registration',
      slave("Got registration for executor 'web.1' of framework f-0000 from executor(1)@10.0.0.1:4000"),
    ],
  ])('nothing: %s', (_, line) => {
    expect(read(line)).toEqual([]);
  });
});
