import { describe, expect, it } from 'vitest';

import { HELP, parseOptions } from './options';

describe('parseOptions', () => {
  it('defaults to the demo cluster without a past', () => {
    expect(parseOptions([])).toMatchObject({
      port: 5050,
      host: '127.0.0.1',
      seed: 137,
      speed: 1,
      historySeconds: 0,
      version: '1.11',
      ringSize: null,
      epochFile: null,
      welcomes: true,
    });
  });

  it.each([
    ['--history=7d', { historySeconds: 604_800 }],
    ['--history=90m', { historySeconds: 5400 }],
    ['--behind=30', { behindSeconds: 30 }],
    ['--scenario=calm, oom-java', { scenarios: ['calm', 'oom-java'] }],
    ['--mesos-version=0.22', { version: '0.22' }],
    ['--ring=20', { ringSize: 20 }],
    ['--auth=basic:ops:secret', { masterAuth: { kind: 'basic', user: 'ops', password: 'secret' } }],
    ['--marathon-auth=token:abc', { marathonAuth: { kind: 'token', token: 'abc' } }],
    ['--quiet', { welcomes: false }],
    ['--host-log-file=/tmp/h.log', { hostLogFile: '/tmp/h.log', hostLogPast: true }],
    ['--no-host-log-past', { hostLogPast: false }],
    ['--syslog=[::1]:514', { syslog: { host: '::1', port: 514 } }],
    ['--syslog=logs.example.test:6514', { syslog: { host: 'logs.example.test', port: 6514 } }],
    ['--task-killing', { taskKilling: true }],
  ])('%s', (flag, want) => {
    expect(parseOptions([flag])).toMatchObject(want);
  });

  it.each([
    ['--history=week', '--history'],
    ['--history=61d', '--history'],
    ['--scenario=flood', '--scenario'],
    ['--mesos-version=2', '--mesos-version'],
    ['--port=70000', '--port'],
    ['--speed=0', '--speed'],
    ['--ring=1.5', '--ring'],
    ['--auth=ops:secret', 'basic:user:password'],
    ['--syslog=logs', '--syslog'],
    ['--syslog=logs:0', '--syslog'],
    ['--colour', '--colour'],
  ])('%s is refused by name', (flag, text) => {
    expect(() => parseOptions([flag])).toThrow(text);
  });

  it('help names every flag', () => {
    expect(parseOptions(['--help'])).toBeNull();
    for (const flag of ['--epoch-file', '--json-ready', '--with-parent', '--scenario'])
      expect(HELP).toContain(flag);
  });
});
