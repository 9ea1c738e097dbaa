import { describe, expect, it } from 'vitest';

import { hostSignsParser } from './host-signs';
import { parseLine } from './line-prefix';

const OPTIONS = { receivedAt: new Date('2021-06-01T00:00:00Z'), timeZone: 'UTC', host: null };

function read(raw: string) {
  const line = parseLine(raw, OPTIONS);
  if (!hostSignsParser.needles.some((needle) => line.message.includes(needle))) return [];
  return hostSignsParser.parse(line).map((fact) => ('signal' in fact ? fact.signal : null));
}

describe('hostSignsParser', () => {
  it.each([
    [
      'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/sdb [SAT], 8 Currently unreadable (pending) sectors (changed +8)',
      { signature: 'bad_disk', device: 'sdb', host: 'h1' },
    ],
    [
      'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/nvme0n1, 3 Offline uncorrectable sectors',
      { signature: 'bad_disk', device: 'nvme0n1' },
    ],
    [
      'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/sda [SAT], FAILED SMART self-check. BACK UP DATA NOW!',
      { signature: 'bad_disk', device: 'sda' },
    ],
    [
      'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/sdc [SAT], Self-Test Log error count increased from 0 to 2',
      { signature: 'bad_disk', device: 'sdc' },
    ],
    [
      'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/nvme1, Critical Warning (0x01): Available spare has fallen below the threshold',
      { signature: 'bad_disk', device: 'nvme1' },
    ],
    [
      'Jun  1 10:00:00 h1 abrt[900]: Process 4711 (/usr/sbin/rsyslogd) crashed in rsyslog::main()',
      { signature: 'process_crash', killedPid: 4711, killedComm: 'rsyslogd' },
    ],
    [
      'Jun  1 10:00:00 h1 abrt-hook-ccpp[901]: Process 4711 (java) of user 0 killed by SIGSEGV - dumping core',
      { signature: 'process_crash', killedPid: 4711, killedComm: 'java' },
    ],
    [
      'Jun  1 10:00:00 h1 abrt-hook-ccpp[901]: Process 4711 (node) of user 99 killed by SIGILL - ignoring (repeated crash)',
      { signature: 'process_crash', killedPid: 4711, killedComm: 'node' },
    ],
    [
      'Jun  1 10:00:00 h1 systemd-coredump[902]: [🡕] Process 4711 (nginx) of user 33 dumped core.',
      { signature: 'process_crash', killedPid: 4711, killedComm: 'nginx' },
    ],
    [
      "Jun  1 10:00:00 h1 abrt: detected unhandled Python exception in '/usr/bin/job'",
      { signature: 'process_crash', killedComm: 'job' },
    ],
    [
      'Jun  1 10:00:00 h1 systemd[1]: Starting Docker Application Container Engine...',
      { signature: 'docker_restart' },
    ],
    ['Jun  1 10:00:00 h1 systemd: Starting containerd container runtime...', { signature: 'docker_restart' }],
  ])('%s', (raw, want) => {
    expect(read(raw)).toMatchObject([want]);
  });

  it.each([
    'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/sdb [SAT], SMART Usage Attribute: 194 Temperature_Celsius changed from 64 to 63',
    'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/sdb [SAT], previous self-test completed without error',
    'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/nvme1, Critical Warning (0x02): Temperature',
    'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/sdb [SAT], 0 Currently unreadable (pending) sectors',
    'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/sdb [SAT], No more Currently unreadable (pending) sectors, warning condition reset after 1 email',
    'Jun  1 10:00:00 h1 smartd[900]: Device: /dev/sdb [SAT], No more Offline uncorrectable sectors, warning condition reset after 1 email',
    'Jun  1 10:00:00 h1 systemd[1]: Started Docker Application Container Engine.',
    'Jun  1 10:00:00 h1 systemd[1]: Stopping Docker Application Container Engine...',
    'Jun  1 10:00:00 h1 app[7]: the market crashed in 1929',
  ])('nothing: %s', (raw) => {
    expect(read(raw)).toEqual([]);
  });
});
