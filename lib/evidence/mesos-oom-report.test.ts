import { describe, expect, it } from 'vitest';

import { createLogParser } from './log-parser';

const MESOS = '5d0f6a3e-7c1b-4c55-9a0e-0b6f4a1d2c3e';
const OTHER = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';

function read(lines: readonly string[]) {
  const parser = createLogParser({
    receivedAt: new Date('2019-06-01T00:00:00Z'),
    timeZone: 'UTC',
    host: null,
  });
  for (const line of lines) parser.feed(line);
  return [...parser.take(), ...parser.end()].flatMap((fact) => ('signal' in fact ? [fact.signal] : []));
}

const agent = (text: string, second = '00', file = 'memory.cpp:478') =>
  `I0531 10:00:${second}.123456 917 ${file}] ${text}`;

describe('the memory isolator’s report', () => {
  it('is one signal with limit, peak and resident memory', () => {
    const signals = read([
      agent(`OOM detected for container ${MESOS}`),
      agent('Memory limit exceeded: Requested: 1GB Maximum Used: 1048572KB', '00', 'memory.cpp:515'),
      '',
      'MEMORY STATISTICS: ',
      'cache 4096',
      'rss 1073475584',
      'total_rss 1073475584',
      agent(
        `Container ${MESOS} has reached its limit for resource [{"name":"mem","scalar":{"value":1024.0},"type":"SCALAR"}] and will be terminated`,
        '00',
        'containerizer.cpp:3000',
      ),
    ]);
    expect(signals).toMatchObject([
      {
        signature: 'mesos_agent_oom_report',
        source: 'mesos_agent',
        containerId: MESOS,
        limitKb: 1_048_576,
        usageKb: 1_048_572,
        anonRssKb: 1_048_316,
        at: new Date('2019-05-31T10:00:00.123Z'),
        orchestrator: 'mesos',
      },
    ]);
    expect(signals[0]?.lines[0]).toContain('OOM detected');
  });

  it.each([
    {
      when: 'the container had ended before',
      lines: [agent(`OOM detected for the terminated container ${MESOS}`)],
      want: [{ containerId: MESOS, limitKb: null }],
    },
    {
      when: 'only the containerizer’s line is there, in the old form',
      lines: [
        agent(`Container ${MESOS} has reached its limit for resource mem(*):160 and will be terminated`),
      ],
      want: [{ containerId: MESOS }],
    },
    {
      when: 'two containers one after the other',
      lines: [
        agent(`OOM detected for container ${MESOS}`),
        agent('Memory limit exceeded: Requested: 160MB Maximum Used: 160MB'),
        agent(`OOM detected for container ${OTHER}`),
        agent('Memory limit exceeded: Requested: 64MB Maximum Used: 65MB'),
      ],
      want: [
        { containerId: MESOS, limitKb: 163_840, usageKb: 163_840 },
        { containerId: OTHER, limitKb: 65_536, usageKb: 66_560 },
      ],
    },
    {
      when: 'the executor had ended before, of Mesos 0.1x',
      lines: [agent('OOM detected for an already terminated executor')],
      want: [{ containerId: null, taskId: null }],
    },
    {
      when: 'the numbers cannot be',
      lines: [
        agent(`OOM detected for container ${MESOS}`),
        agent('Memory limit exceeded: Requested: 9999999999999999MB Maximum Used: 64MB'),
      ],
      want: [{ containerId: MESOS, limitKb: null, usageKb: 65_536 }],
    },
    {
      when: 'the limit could not be read',
      lines: [
        agent(`OOM detected for container ${MESOS}`),
        agent('Memory limit exceeded: Maximum Used: 96MB'),
      ],
      want: [{ containerId: MESOS, limitKb: null, usageKb: 98_304 }],
    },
    {
      when: 'version 2 of cgroups tells neither limit nor peak, and no blank stands before the id',
      lines: [
        agent(`OOM detected for container${MESOS}`),
        agent('Memory limit exceeded: '),
        'MEMORY STATISTICS post-OOM: ',
        'anon: 48MB',
        'file: 8KB',
        'kernel: 1200KB',
        agent(
          `Container ${MESOS} has reached its limit for resource [{"name":"mem","scalar":{"value":50.0},"type":"SCALAR"}] and will be terminated`,
        ),
      ],
      want: [{ containerId: MESOS, limitKb: null, usageKb: null, anonRssKb: 49_152 }],
    },
    {
      when: 'Mesos 0.1x named the executor',
      lines: [
        agent(`OOM detected for executor web.1 of framework f-0000 with uuid ${MESOS}`),
        agent('Memory limit exceeded: Requested: 160MB Maximum Used: 161MB'),
      ],
      want: [{ containerId: MESOS, taskId: 'web.1', frameworkId: 'f-0000', usageKb: 164_864 }],
    },
  ])('when $when', ({ lines, want }) => {
    expect(read(lines)).toMatchObject(
      want.map((fields) => ({ signature: 'mesos_agent_oom_report', ...fields })),
    );
  });

  it.each([
    'shop-cart[7]',
    'docker/5f00aa[7]',
    'my-mes0s[7]',
    // What Docker calls a task's container is the tag of its output where `tag={{.Name}}` is set.
    'mesos-3f1b2c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d[7]',
    'docker/mesos-20260101-120000-1-5050-1-S1.3f1b2c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d[7]',
    'my-mesos-app[7]',
  ])('the same words of %s, which a task can print of any container, are none', (program) => {
    const said = `Mar  1 11:30:00 node-1 ${program}: I0301 11:30:00.868490 14692 memory.cpp:533]`;
    expect(
      read([
        `${said} OOM detected for container ${MESOS}`,
        `${said} Memory limit exceeded: Requested: 160MB Maximum Used: 161MB`,
      ]),
    ).toEqual([]);
  });

  it('a reached disk limit is none', () => {
    expect(
      read([
        agent(`Container ${MESOS} has reached its limit for resource disk(*):100 and will be terminated`),
      ]),
    ).toEqual([]);
  });
});
