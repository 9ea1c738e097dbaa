import { describe, expect, it } from 'vitest';

import { MAX_LINE_LENGTH, parseLine } from './line-prefix';
import type { LogLine } from './log-line';

const OPTIONS = { receivedAt: new Date('2026-11-25T12:00:00Z'), timeZone: 'UTC', host: null };
const OOM = 'java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0';
const NETDEV = 'unregister_netdevice: waiting for lo to become free. Usage count = 1';

type Want = { host?: string; at?: string; up?: number; program?: string; pid?: number; message: string };

const wanted = ({ host, at, uptimeSeconds, program, pid, message }: LogLine): Want => ({
  ...(host === null ? {} : { host }),
  ...(at === null ? {} : { at: at.toISOString() }),
  ...(uptimeSeconds === null ? {} : { up: uptimeSeconds }),
  ...(program === null ? {} : { program }),
  ...(pid === null ? {} : { pid }),
  message,
});

const AT = '2026-09-08T10:00:00.000Z';
const KERNEL = { host: 'web-3', at: AT, program: 'kernel' };

describe('a prefix is understood', () => {
  it.each<[string, Want]>([
    [`Sep  8 10:00:00 web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [`Sep  8 10:00:00 web-3 kernel: [ 5662.970129] ${OOM}`, { ...KERNEL, up: 5662.970129, message: OOM }],
    [
      `Sep  8 10:00:00 web-3 kernel: [ 5662.970129] ${NETDEV}`,
      { ...KERNEL, up: 5662.970129, message: NETDEV },
    ],
    [`Sep  8 10:00:00 web-3 kernel:[ 5662.970129] ${OOM}`, { ...KERNEL, up: 5662.970129, message: OOM }],
    [`Sep 08 10:00:00 kernel: ${OOM}`, { at: AT, program: 'kernel', message: OOM }],
    [`Sep  8 10:00:00 ** kernel: ${OOM}`, { ...KERNEL, host: '**', message: OOM }],
    [`Sep  8 10:00:00 <host> kernel: ${OOM}`, { ...KERNEL, host: '<host>', message: OOM }],
    [`<6>Sep  8 10:00:00 web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [`Sep  8 2026 10:00:00 web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [
      'Sep  8 10:00:00.250 web-3 sshd[71]: Accepted',
      { host: 'web-3', at: '2026-09-08T10:00:00.250Z', program: 'sshd', pid: 71, message: 'Accepted' },
    ],
    [`Sep  8 10:00:00 ${NETDEV}`, { at: AT, message: NETDEV }],
    [`Sep  8 10:00:00 web-3 ${NETDEV}`, { host: 'web-3', at: AT, message: NETDEV }],
    [`Sep  8 10:00:00 ${OOM}`, { at: AT, message: OOM }],
    ['Sep  8 10:00:00 Task in /docker/a killed', { at: AT, message: 'Task in /docker/a killed' }],
    [
      'Sep  8 10:00:00 web-3 kernel: java[812]: segfault at 0 ip 00',
      { ...KERNEL, message: 'java[812]: segfault at 0 ip 00' },
    ],
    [
      `<6>1 2026-09-08T12:00:00.003+02:00 web-3 kernel - - - ${OOM}`,
      { ...KERNEL, at: '2026-09-08T10:00:00.003Z', message: OOM },
    ],
    [
      `<6>1 2026-09-08T10:00:00Z web-3 kernel 12 ID1 [a@1 x="\\"]" y="2"][b z="1"] \ufeff[   9.5] ${OOM}`,
      { ...KERNEL, pid: 12, up: 9.5, message: OOM },
    ],
    [`<6>1 - - - - - - ${OOM}`, { message: OOM }],
    [`2026-09-08T10:00:00.000000+00:00 web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [`2026-09-08T12:00:00+0200 web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [`2026-09-08 10:00:00 ${OOM}`, { at: AT, message: OOM }],
    [`2026-09-08T10:00:00Z ${NETDEV}`, { at: AT, message: NETDEV }],
    [`2026-09-08T10:00:00,123456+00:00 ${OOM}`, { at: '2026-09-08T10:00:00.123Z', message: OOM }],
    [
      `2026-09-08 12:00:00.000000+0200 0x1f0f     Default     0x0                  737    0    com.docker.hyperkit: [47517.5] ${OOM}`,
      { at: AT, program: 'com.docker.hyperkit', up: 47517.5, message: OOM },
    ],
    [
      `1788861600 web-3 [30533610.306528] ${OOM}`,
      { host: 'web-3', at: AT, up: 30533610.306528, message: OOM },
    ],
    [`1788861600.25 web-3 kernel: ${OOM}`, { ...KERNEL, at: '2026-09-08T10:00:00.250Z', message: OOM }],
    [`[ 5662.970129] ${OOM}`, { up: 5662.970129, message: OOM }],
    [
      `[ 5662.970129] web-3 kernel: ${OOM}`,
      { host: 'web-3', program: 'kernel', up: 5662.970129, message: OOM },
    ],
    [`[ 1431.920513][ T1054] ${OOM}`, { up: 1431.920513, message: OOM }],
    [`[ 1431.920513] [    C3] ${OOM}`, { up: 1431.920513, message: OOM }],
    [`<4>[ 1431.920513] ${OOM}`, { up: 1431.920513, message: OOM }],
    [`kern  :warn  : [ 1431.920513] ${OOM}`, { up: 1431.920513, message: OOM }],
    [`6,1234,5662970129,-;${OOM}`, { program: 'kernel', up: 5662.970129, message: OOM }],
    [`[Tue Sep  8 10:00:00 2026] ${OOM}`, { at: AT, message: OOM }],
    [`[Di Sep  8 10:00:00 2026] ${OOM}`, { at: AT, message: OOM }],
    [`[二 9月  8 10:00:00 2026] ${OOM}`, { at: AT, message: OOM }],
    [`[mar. sept.  8 10:00:00 2026] ${OOM}`, { at: AT, message: OOM }],
    [`[вт сен  8 10:00:00 2026] ${OOM}`, { at: AT, message: OOM }],
    [`[  +0.000012] ${OOM}`, { message: OOM }],
    [`[Sep 8 10:00] ${OOM}`, { message: OOM }],
    [`Tue 2026-09-08 10:00:00 UTC web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [`kernel: ${OOM}`, { program: 'kernel', message: OOM }],
    [`web-3 kernel: [    1.5] ${OOM}`, { host: 'web-3', program: 'kernel', up: 1.5, message: OOM }],
    [`/var/log/messages-20260909:Sep  8 10:00:00 web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [`1042:Sep  8 10:00:00 web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [`> Sep  8 10:00:00 web-3 kernel: ${OOM}`, { ...KERNEL, message: OOM }],
    [
      `\u001b[32m[ 5662.970129] \u001b[0m\u001b[33mjava\u001b[0m invoked oom-killer`,
      { up: 5662.970129, message: 'java invoked oom-killer' },
    ],
    [
      `2026-09-08T10:00:00.123456789Z stdout F [ 12.5] ${OOM}`,
      { at: '2026-09-08T10:00:00.123Z', up: 12.5, message: OOM },
    ],
    [
      'time="2026-09-08T12:00:00.5+02:00" level=info msg="x"',
      { at: '2026-09-08T10:00:00.500Z', message: 'time="2026-09-08T12:00:00.5+02:00" level=info msg="x"' },
    ],
    [
      'Sep  8 10:00:00 web-3 dockerd[9]: time="2026-09-08T10:00:00.25Z" level=info',
      {
        host: 'web-3',
        at: '2026-09-08T10:00:00.250Z',
        program: 'dockerd',
        pid: 9,
        message: 'time="2026-09-08T10:00:00.25Z" level=info',
      },
    ],
    [
      'I0908 10:00:00.528388 641881 slave.cpp:1372] Asked to kill task x',
      { at: '2026-09-08T10:00:00.528Z', pid: 641_881, message: 'Asked to kill task x' },
    ],
    [
      'I20260908 10:00:00.528388 641881 slave.cpp:1372] Asked',
      { at: '2026-09-08T10:00:00.528Z', pid: 641_881, message: 'Asked' },
    ],
    [
      'Sep  8 10:00:01 web-3 mesos-slave[7]: W0908 10:00:00.528388    8 slave.cpp:1] Lost',
      { host: 'web-3', at: '2026-09-08T10:00:00.528Z', program: 'mesos-slave', pid: 7, message: 'Lost' },
    ],
    // glog's clock runs in another zone than syslog's: syslog's stands.
    [
      'Sep  8 10:00:01 web-3 mesos-slave[7]: W0908 08:00:00.528388    8 slave.cpp:1] Lost',
      { host: 'web-3', at: '2026-09-08T10:00:01.000Z', program: 'mesos-slave', pid: 7, message: 'Lost' },
    ],
    [
      'docker: write /x: no space left on device',
      { program: 'docker', message: 'write /x: no space left on device' },
    ],
    ['some text: of nobody', { message: 'some text: of nobody' }],
    ['', { message: '' }],
  ])('%s', (raw, want) => {
    expect(wanted(parseLine(raw, OPTIONS))).toEqual(want);
  });
});

describe('a record around a line is taken off', () => {
  const bytes = [...new TextEncoder().encode(OOM)];
  it.each<[string, unknown, Want]>([
    [
      'journald',
      {
        MESSAGE: OOM,
        _HOSTNAME: 'web-3',
        __REALTIME_TIMESTAMP: '1788861600000000',
        SYSLOG_IDENTIFIER: 'kernel',
        _TRANSPORT: 'kernel',
        _SOURCE_MONOTONIC_TIMESTAMP: '5662970129',
      },
      { ...KERNEL, up: 5662.970129, message: OOM },
    ],
    [
      'journald, as bytes',
      { MESSAGE: bytes, _HOSTNAME: 'web-3', __REALTIME_TIMESTAMP: '1788861600000000', _TRANSPORT: 'kernel' },
      { ...KERNEL, message: OOM },
    ],
    [
      'Docker',
      { log: `[ 12.5] ${OOM}\n`, stream: 'stderr', time: '2026-09-08T10:00:00.123456789Z' },
      { at: '2026-09-08T10:00:00.123Z', up: 12.5, message: OOM },
    ],
    [
      'Docker around Docker',
      {
        log: `${JSON.stringify({ log: `${OOM}\n`, stream: 'stdout', time: AT })}\n`,
        time: '2026-09-08T10:00:09Z',
      },
      { at: AT, message: OOM },
    ],
    [
      'Vector',
      {
        message: OOM,
        host: 'web-3',
        timestamp: '2026-09-08T10:00:00Z',
        appname: 'kernel',
        source_type: 'syslog',
      },
      { ...KERNEL, message: OOM },
    ],
    [
      'Fluent Bit',
      { date: 1788861600.5, log: `Sep  8 10:00:00 web-3 kernel: ${OOM}` },
      { ...KERNEL, message: OOM },
    ],
    [
      'Fluent Bit’s kmsg',
      { priority: 6, sequence: 9, sec: 5662, usec: 500_000, msg: OOM },
      { up: 5662.5, message: OOM },
    ],
    [
      'Fluentd',
      [1788861600, { message: OOM, hostname: 'web-3', ident: 'kernel' }],
      { ...KERNEL, message: OOM },
    ],
    [
      'Filebeat',
      {
        '@timestamp': AT,
        message: OOM,
        host: { name: 'web-3' },
        log: { offset: 1 },
        process: { name: 'kernel' },
      },
      { ...KERNEL, message: OOM },
    ],
    [
      'rsyslog',
      { msg: ` ${OOM}`, fromhost: 'web-3', timereported: AT, syslogtag: 'kernel:' },
      { ...KERNEL, message: OOM },
    ],
    ['a cloud', { textPayload: OOM, timestamp: AT }, { at: AT, message: OOM }],
    [
      'Graylog',
      { short_message: OOM, host: 'web-3', timestamp: 1788861600.25 },
      { host: 'web-3', at: '2026-09-08T10:00:00.250Z', message: OOM },
    ],
    [
      'logrus',
      { level: 'error', msg: 'kill "x"', time: AT, container: 'abc' },
      { at: AT, message: 'level=error msg="kill \\"x\\"" container="abc"' },
    ],
  ])('of %s', (_, record, want) => {
    expect(wanted(parseLine(JSON.stringify(record), OPTIONS))).toEqual(want);
  });

  it('of a cut record, at least its message', () => {
    const cut = JSON.stringify({ message: OOM, labels: { a: 'x'.repeat(MAX_LINE_LENGTH) } });
    expect(parseLine(cut, OPTIONS).message).toBe(OOM);
  });

  it.each([
    '{"a":1}',
    '{',
    '{}',
    '[]',
    '[1]',
    '[123456789012,',
    'null',
    '{"message":7',
    '{"log":{"message":{}}}',
  ])('not of %s', (text) => {
    expect(parseLine(text, OPTIONS).message).toBe(text);
  });
});

it('gives the default host to lines that name none, and to no others', () => {
  const options = { ...OPTIONS, host: 'here' };
  expect([
    parseLine(OOM, options).host,
    parseLine(`Sep  8 10:00:00 there kernel: ${OOM}`, options).host,
  ]).toEqual(['here', 'there']);
});

it('looks at 8 KiB of a line', () => {
  const line = parseLine(`kernel: ${'x'.repeat(20_000)}`, OPTIONS);
  expect([line.raw.length, line.message.length]).toEqual([
    MAX_LINE_LENGTH,
    MAX_LINE_LENGTH - 'kernel: '.length,
  ]);
});
