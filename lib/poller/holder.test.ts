import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

import { isGone, newHolder } from './holder';

const me = newHolder();
const [host, , , machine] = me.split('|');
// A process of this machine that has ended; its number is not given again so soon.
const ended = spawnSync(process.execPath, ['-e', '']).pid;

describe('isGone', () => {
  it.each([
    { who: 'an ended process of this machine', holder: `${host}|${ended}|aa|${machine}`, gone: true },
    {
      who: 'a running process of this machine',
      holder: `${host}|${process.ppid}|aa|${machine}`,
      gone: false,
    },
    { who: 'this process', holder: me, gone: false },
    { who: 'an earlier worker of this process', holder: `${host}|${process.pid}|aa|${machine}`, gone: false },
    { who: 'a container of the same name', holder: `${host}|${ended}|aa|other`, gone: false },
    { who: 'another machine', holder: `elsewhere|${ended}|aa|${machine}`, gone: false },
    { who: 'the holder of an older release', holder: `${host}|${ended}|aa`, gone: false },
    { who: 'a process group', holder: `${host}|-${ended}|aa|${machine}`, gone: false },
    { who: 'no process at all', holder: '', gone: false },
  ])('$who: $gone', ({ holder, gone }) => {
    expect(isGone(holder, me)).toBe(gone);
  });
});
