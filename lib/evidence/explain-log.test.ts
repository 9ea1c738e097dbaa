import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import type { LogFact } from '@/lib/domain/log-signal';
import type { Facts, Verdict } from '@/lib/domain/verdict';
import { createLogExplainer, MAX_GROUPS, MAX_SIGNALS } from './explain-log';
import { createLogParser } from './log-parser';

const MESOS = '5d0f6a3e-7c1b-4c55-9a0e-0b6f4a1d2c3e';
const DOCKER = '812c82c5a7a5c0ffee5c1e0f4d3b8a79b1d2e3f405162738495a6b7c8d9eaf0b';

/** What the diagnosis was asked: the facts go through untouched. */
const asked: Facts[] = [];
function diagnose(facts: Facts): Verdict {
  asked.push(facts);
  return {
    cause: 'oom_cgroup_limit',
    disposition: 'failure',
    proof: facts.evidence?.[0]?.proof ?? 'possible',
    exitCode: null,
    signal: null,
    summary: 'told',
    because: ['a fact', 'Tied to this task: x', `State ${facts.state}.`],
    advice: [],
    ruleId: 'test',
  };
}

function factsOf(lines: readonly string[]): LogFact[] {
  const parser = createLogParser({
    receivedAt: new Date('2019-06-01T00:00:00Z'),
    timeZone: 'UTC',
    host: null,
  });
  for (const line of lines) parser.feed(line);
  return [...parser.take(), ...parser.end()];
}

const kernel = (second: string, text: string, host = 'h1') =>
  `May 31 10:00:${second} ${host} kernel: ${text}`;
const agent = (second: string, text: string, host = 'h1') =>
  `May 31 10:00:${second} ${host} mesos-slave[9]: I0531 10:00:${second}.500000 917 slave.cpp:3211] ${text}`;
const ended = (second: string, task: string, state = 'TASK_FAILED', host = 'h1') =>
  agent(
    second,
    `Handling status update ${state} (UUID: 11111111-2222-4333-8444-555555555555) for task ${task} of framework f-0000 from executor(1)@10.0.0.1:4000`,
    host,
  );
const killed = (second: string, pid: number, cgroup: string, host = 'h1') => [
  kernel(second, `Task in ${cgroup} killed as a result of limit of ${cgroup}`, host),
  kernel(second, 'memory: usage 1048576kB, limit 1048576kB, failcnt 7', host),
  kernel(
    second,
    `Memory cgroup out of memory: Kill process ${pid} (java) score 1000 or sacrifice child`,
    host,
  ),
  kernel(second, `Killed process ${pid} (java) total-vm:2000000kB, anon-rss:1000000kB, file-rss:0kB`, host),
];

function explainLog(facts: Iterable<LogFact>, diagnose: Parameters<typeof createLogExplainer>[0]) {
  const explainer = createLogExplainer(diagnose);
  for (const fact of facts) explainer.add(fact);
  return explainer.end();
}

describe('createLogExplainer', () => {
  it('the story: container, process, task, and no more proof than the log gives', () => {
    const story = readFileSync(new URL('./fixtures/story.log', import.meta.url), 'utf8').split('\n');
    const { groups, signalsFound, hosts } = explainLog(factsOf(story), diagnose);
    expect(signalsFound).toBe(1);
    expect(hosts).toHaveLength(1);
    expect(groups).toMatchObject([
      {
        count: 1,
        signal: {
          signature: 'memcg_oom',
          killedPid: 76513,
          killedComm: 'java',
          limitKb: 4_194_304,
          usageKb: 4_194_304,
        },
        tasks: [
          {
            taskId: 'deploy-to-docker-business-product-rpc-test.a22e5797-897e-11e7-9837-f2f3c189fa2c',
            state: 'TASK_FAILED',
            tie: 'time',
            proof: 'likely',
          },
        ],
      },
    ]);
  });

  it.each([
    {
      when: 'the agent’s own line says whose the container is',
      lines: [
        agent('01', `Launching container ${MESOS} for executor 'web.1' of framework f-0000`),
        ...killed('10', 7, `/mesos/${MESOS}`),
        ended('11', 'web.1'),
      ],
      want: [{ taskId: 'web.1', state: 'TASK_FAILED', tie: 'container_id', proof: 'proven' }],
    },
    {
      when: 'the container’s task lives on: no end is told',
      lines: [
        agent('01', `Launching container ${MESOS} for executor 'web.1' of framework f-0000`),
        ...killed('10', 7, `/mesos/${MESOS}`),
      ],
      want: [{ taskId: 'web.1', state: null, tie: 'container_id', proof: 'proven' }],
    },
    {
      when: 'the pid is the container’s first process',
      lines: [
        agent(
          '01',
          `Checkpointing container's forked pid 4711 to '/var/lib/mesos/meta/slaves/S/frameworks/f-0000/executors/web.1/runs/${MESOS}/pids/forked.pid'`,
        ),
        kernel(
          '10',
          'Memory cgroup out of memory: Killed process 4711 (java) total-vm:9kB, anon-rss:9kB, file-rss:0kB',
        ),
        ended('11', 'web.1'),
      ],
      want: [{ taskId: 'web.1', state: 'TASK_FAILED', tie: 'pid', proof: 'proven' }],
    },
    {
      when: 'two ends fit: both are possible',
      lines: [...killed('10', 7, `/docker/${DOCKER}`), ended('11', 'web.1'), ended('11', 'web.2')],
      want: [
        { taskId: 'web.1', proof: 'possible' },
        { taskId: 'web.2', proof: 'possible' },
      ],
    },
    {
      when: 'the end is of another host',
      lines: [...killed('10', 7, `/docker/${DOCKER}`), ended('11', 'web.1', 'TASK_FAILED', 'h2')],
      want: [],
    },
    {
      when: 'the task was killed on request',
      lines: [...killed('10', 7, `/docker/${DOCKER}`), ended('11', 'web.1', 'TASK_KILLED')],
      want: [],
    },
    {
      when: 'the victim is Kubernetes’',
      lines: [...killed('10', 7, `/kubepods/burstable/pod1/${DOCKER}`), ended('11', 'web.1')],
      want: [],
    },
    {
      when: 'the line itself names the task',
      lines: [
        agent(
          '10',
          "Terminating executor 'web.1' of framework f-0000 because it did not register within 1mins",
        ),
      ],
      want: [{ taskId: 'web.1', tie: 'task_id', proof: 'proven', state: null }],
    },
  ])('$when', ({ lines, want }) => {
    const [first] = explainLog(factsOf(lines), diagnose).signals;
    expect(first?.tasks).toMatchObject(want);
    expect(first?.tasks).toHaveLength(want.length);
  });

  it('asks the diagnosis with the tie as evidence, and cites no state that nobody told', () => {
    asked.length = 0;
    const log = explainLog(
      factsOf([
        ...killed('10', 7, `/docker/${DOCKER}`),
        ended('11', 'web.1'),
        ...killed('40', 8, `/docker/${DOCKER}`),
      ]),
      diagnose,
    );
    expect(asked).toMatchObject([
      { state: 'TASK_FAILED', evidence: [{ by: 'time', proof: 'likely', signal: { killedPid: 7 } }] },
      { onlyStatus: true, evidence: [{ by: 'container_id', proof: 'proven', signal: { killedPid: 8 } }] },
    ]);
    expect(log.signals.map(({ verdict }) => verdict.because)).toEqual([
      ['a fact', 'Tied to this task: x', 'State TASK_FAILED.'],
      ['a fact'],
    ]);
  });

  it('a sign of the host is possible at most, with advice and without asking', () => {
    asked.length = 0;
    const [first] = explainLog(
      factsOf([kernel('10', 'unregister_netdevice: waiting for vethab12 to become free. Usage count = 1')]),
      diagnose,
    ).signals;
    expect(asked).toEqual([]);
    expect(first?.verdict).toMatchObject({ cause: 'docker_daemon_unresponsive', proof: 'possible' });
    expect(first?.verdict.advice).not.toEqual([]);
  });

  it.each([
    { text: 'failed to exit within 10 seconds of signal 15 - using the force', proof: 'possible' },
    { text: 'failed to exit within 10 seconds of kill - trying direct SIGKILL', proof: 'likely' },
  ])('a container that $text: $proof', ({ text, proof }) => {
    const line = `May 31 10:00:00 h1 dockerd[8]: time="2019-05-31T10:00:00Z" level=info msg="Container ${DOCKER} ${text}"`;
    const [first] = explainLog(factsOf([line]), diagnose).signals;
    expect(first?.verdict).toMatchObject({ cause: 'kill_failed_container_stuck', proof });
  });

  it('groups the same sign of the same host and device, and keeps others apart', () => {
    const netdevice = (second: string, device: string, host = 'h1') =>
      kernel(second, `unregister_netdevice: waiting for ${device} to become free. Usage count = 1`, host);
    const { groups, signals, from, to } = explainLog(
      factsOf([
        netdevice('10', 'veth1'),
        netdevice('20', 'veth1'),
        netdevice('21', 'veth2'),
        netdevice('22', 'veth1', 'h2'),
        netdevice('30', 'veth1'),
      ]),
      diagnose,
    );
    expect(signals).toHaveLength(5);
    expect(groups.map(({ count, signal }) => [count, signal.host, signal.device])).toEqual([
      [3, 'h1', 'veth1'],
      [1, 'h1', 'veth2'],
      [1, 'h2', 'veth1'],
    ]);
    expect(groups[0]?.lastAt).toEqual(new Date('2019-05-31T10:00:30Z'));
    expect([from, to]).toEqual([new Date('2019-05-31T10:00:10Z'), new Date('2019-05-31T10:00:30Z')]);
  });

  it('holds a bounded part of a log without bounds', () => {
    const [template] = factsOf([
      kernel('10', 'unregister_netdevice: waiting for veth1 to become free. Usage count = 1'),
    ]);
    if (template === undefined || !('signal' in template)) throw new Error('no signal');
    const explainer = createLogExplainer(diagnose);
    for (let index = 0; index < 5_000; index += 1)
      explainer.add({ signal: { ...template.signal, device: `veth${index}`, host: `h${index}` } });
    const log = explainer.end();
    expect(log.signals).toHaveLength(MAX_SIGNALS);
    expect(log.groups).toHaveLength(MAX_GROUPS);
    expect(log.signalsFound).toBe(5_000);
    expect(log.signalsUngrouped).toBe(5_000 - MAX_GROUPS);
    expect(log.hosts).toHaveLength(1_000);
  });
});
