import { describe, expect, it } from 'vitest';

import { LOG_SIGNATURES, type LogSignal } from '@/lib/domain/log-signal';
import { parseLine } from './line-prefix';
import { newSignal } from './new-signal';
import { signalSentence } from './signal-sentence';

const LINE = parseLine('x', { receivedAt: new Date(0), timeZone: 'UTC', host: 'h1' });
const of = (
  signature: LogSignal['signature'],
  fields: Partial<LogSignal> = {},
  source: LogSignal['source'] = 'kernel',
) => signalSentence(newSignal(signature, source, LINE, fields));

const ID = '812c82c5a7a5c0ffee5c1e0f4d3b8a79b1d2e3f405162738495a6b7c8d9eaf0b';
const MESOS = '5d0f6a3e-7c1b-4c55-9a0e-0b6f4a1d2c3e';

describe('signalSentence', () => {
  it.each([
    [
      of('memcg_oom', {
        killedComm: 'java',
        killedPid: 76513,
        containerId: ID,
        usageKb: 4_194_304,
        limitKb: 4_194_304,
      }),
      'The kernel killed java (pid 76513) in container 812c82c5a7a5: 4,096 MB used of its 4,096 MB limit.',
    ],
    [
      of('memcg_oom', { containerId: MESOS }),
      `The kernel killed a process in container ${MESOS} at its memory limit.`,
    ],
    [
      of('memcg_oom', { killedPid: 7, cgroup: '/batch', limitKb: 2_048 }),
      'The kernel killed a process (pid 7) in /batch at its limit of 2 MB.',
    ],
    [
      of('global_oom', { killedComm: 'mysqld', killedPid: 9, anonRssKb: 20_629_004 }),
      'The host ran out of memory: the kernel killed mysqld (pid 9), which held 20,146 MB.',
    ],
    [
      of('mesos_agent_oom_report', { containerId: MESOS, usageKb: 163_840, limitKb: 163_840 }, 'mesos_agent'),
      `The Mesos agent found container ${MESOS} out of memory: 160 MB used of its 160 MB limit.`,
    ],
    [
      of('hung_task', { killedComm: 'dockerd', killedPid: 5, seconds: 120 }),
      'dockerd (pid 5) has been stuck in the kernel for 120 seconds.',
    ],
    [of('hung_task'), 'A process has been stuck in the kernel.'],
    [
      of('docker_kill_timeout', { containerId: ID, seconds: 1 }, 'dockerd'),
      'Container 812c82c5a7a5 did not exit within 1 second of being told to.',
    ],
    [
      of('docker_kill_timeout', { taskId: 'web.1' }, 'mesos_agent'),
      'A container of task web.1 did not end when the agent killed it.',
    ],
    [
      of('mesos_registration_timeout', { taskId: 'web.1', seconds: 60 }, 'mesos_agent'),
      'The executor of task web.1 did not register with the agent within 60 seconds, so it was ended.',
    ],
    [of('bad_disk', { device: 'sdb' }, 'other'), 'Disk sdb is failing: it has sectors that cannot be read.'],
  ])('%s', (sentence, want) => {
    expect(sentence).toBe(want);
  });

  it.each(LOG_SIGNATURES)('%s has one sentence that says nothing of what is not known', (signature) => {
    const sentence = of(signature);
    expect(sentence).toMatch(/^[A-Z][^\n]{10,200}\.$/);
    expect(sentence).not.toMatch(/null|undefined|NaN| {2}/);
  });

  it('cuts hostile names and takes control characters out of them', () => {
    const sentence = of('memcg_oom', {
      killedComm: `\u001b[31mjava\u202e${'x'.repeat(5_000)}`,
      containerId: '\u0007<b>',
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point.
    expect(sentence).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(sentence.length).toBeLessThan(400);
  });
});
