import { describe, expect, it } from 'vitest';

import type { LogSignal } from '@/lib/domain/log-signal';
import { kernelSignsParser } from './kernel-signs';
import { parseLine } from './line-prefix';

const OPTIONS = { receivedAt: new Date('2022-03-01T00:00:00Z'), timeZone: 'UTC', host: null };

function read(text: string): Partial<LogSignal>[] {
  const line = parseLine(`Feb  3 04:05:06 h1 kernel: [ 1999.123456] ${text}`, OPTIONS);
  if (!kernelSignsParser.needles.some((needle) => line.message.includes(needle))) return [];
  return kernelSignsParser.parse(line).flatMap((fact) => ('signal' in fact ? [fact.signal] : []));
}

describe('the kernel’s signs of trouble, as its versions word them', () => {
  it.each<[string, Partial<LogSignal>]>([
    [
      'unregister_netdevice: waiting for vethab12cd to become free. Usage count = 3',
      { signature: 'unregister_netdevice', device: 'vethab12cd' },
    ],
    [
      'INFO: task kworker/u8:2:44 blocked for more than 122 seconds.',
      { signature: 'hung_task', killedComm: 'kworker/u8:2', killedPid: 44, seconds: 122 },
    ],
    [
      'INFO: task dockerd:45 blocked in I/O wait for more than 245 seconds.',
      { signature: 'hung_task', killedPid: 45, seconds: 245 },
    ],
    [
      'watchdog: BUG: soft lockup - CPU#8 stuck for 23s! [kworker/8:1:134]',
      { signature: 'soft_lockup', killedComm: 'kworker/8:1', killedPid: 134, seconds: 23 },
    ],
    ['watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 5', { signature: 'soft_lockup' }],
    ['SLUB: Unable to allocate memory on node 1 (gfp=0x20)', { signature: 'kernel_slab_bug' }],
    [
      'SLUB: Unable to allocate memory on CPU 3 (of node 0) on node -1, gfp=0x92880(GFP_NOWAIT)',
      { signature: 'kernel_slab_bug' },
    ],
    ['BUG kmalloc-512 (Tainted: G    B      OE    ): Poison overwritten', { signature: 'kernel_slab_bug' }],
    ['end_request: I/O error, dev sdq, sector 8', { signature: 'io_error', device: 'sdq' }],
    [
      'I/O error, dev sdq, sector 8 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2',
      { signature: 'io_error', device: 'sdq' },
    ],
    [
      'blk_update_request: recoverable transport error, dev sdq, sector 8',
      { signature: 'io_error', device: 'sdq' },
    ],
    [
      'timeout error, dev sdq, sector 8 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2',
      { signature: 'io_error', device: 'sdq' },
    ],
    [
      'Buffer I/O error on dev dm-4, logical block 5, async page read',
      { signature: 'io_error', device: 'dm-4' },
    ],
    ['Aborting journal on device sdq2-8.', { signature: 'xfs_or_ext4_error', device: 'sdq2' }],
    ['Aborting journal on device dm-4.', { signature: 'xfs_or_ext4_error', device: 'dm-4' }],
    [
      'XFS (dm-4): metadata I/O error in "xlog_iodone" at daddr 0x1 len 8 error 5',
      { signature: 'xfs_or_ext4_error', device: 'dm-4' },
    ],
    ['EXT4-fs (sdq2): Remounting filesystem read-only', { signature: 'filesystem_readonly', device: 'sdq2' }],
  ])('%s', (text, want) => {
    expect(read(text)).toMatchObject([want]);
  });
});

describe('ordinary lines of the kernel', () => {
  it.each([
    'INFO: task java:44 is blocked on a mutex likely owned by task java:45.',
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
    'NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.',
    'SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=8, Nodes=1',
    'XFS (dm-2): Mounting V5 Filesystem',
    'XFS (dm-2): Starting recovery (logdev: internal)',
    'XFS (dm-2): Unmounting Filesystem',
    'EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: errors=remount-ro',
    'EXT4-fs (sda1): recovery complete',
    'EXT4-fs (dm-1): 3 orphan inodes deleted',
    'EXT4-fs (sda1): warning: maximal mount count reached, running e2fsck is recommended',
    'blk_update_request: I/O error, dev sr0, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0',
    'Buffer I/O error on dev sr0, logical block 0, async page read',
    'blk_update_request: I/O error, dev fd0, sector 0',
    'blk_update_request: operation not supported error, dev loop1, sector 3 op 0x9:(WRITE_ZEROES)',
    'mce: CPU supports 20 MCE banks',
    'MCE: In-kernel MCE decoding enabled.',
    'EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0',
    'HEST: Enabling Firmware First mode for corrected errors.',
    'CPU3: Core temperature above threshold, cpu clock throttled (total events = 12)',
    'docker0: port 1(veth12ab34c) entered forwarding state',
  ])('%s', (text) => {
    expect(read(text)).toEqual([]);
  });
});
