import { describe, expect, it } from 'vitest';

import type { LogSignal, LogSignature } from '@/lib/domain/log-signal';

import { hostSignalOf } from './facts-for-tests';
import { type HostQuestion, hostConditions } from './host-conditions';

const NOW = new Date('2026-03-01T12:00:00Z');
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const at = (minutes: number, signature: LogSignature, over: Partial<LogSignal> = {}) => ({
  id: `s-${minutes}`,
  at: ago(minutes),
  signal: hostSignalOf(signature, { at: ago(minutes), ...over }),
});
const ask = (over: Partial<HostQuestion>) =>
  hostConditions({ signals: [], now: NOW, failures: {}, skewMs: null, diskFailures: [], ...over });
const stuck = {
  lines: ['Container c1 failed to exit within 10 seconds of kill - trying direct SIGKILL'],
  containerId: 'c1',
};
const escalated = { lines: ['Container c1 failed to exit within 10 seconds of signal 15 - using the force'] };

describe('hostConditions', () => {
  it.each<[string, Partial<HostQuestion>, string[]]>([
    ['nothing', {}, []],
    [
      '2 netdevice reports are events',
      { signals: [at(5, 'unregister_netdevice'), at(4, 'unregister_netdevice')] },
      [],
    ],
    [
      '3 within 20 minutes are a condition',
      {
        signals: [
          at(20, 'unregister_netdevice'),
          at(10, 'unregister_netdevice'),
          at(1, 'unregister_netdevice'),
        ],
      },
      ['netdevice_hang bad 3'],
    ],
    [
      '3 in an hour are not',
      {
        signals: [
          at(60, 'unregister_netdevice'),
          at(30, 'unregister_netdevice'),
          at(1, 'unregister_netdevice'),
        ],
      },
      [],
    ],
    [
      'hours ago it is only a warning',
      { signals: [302, 301, 300].map((minutes) => at(minutes, 'unregister_netdevice')) },
      ['netdevice_hang warn 3'],
    ],
    ['a hung dockerd', { signals: [at(3, 'hung_task', { killedComm: 'dockerd' })] }, ['docker_hung bad 1']],
    ['a hung jbd2', { signals: [at(3, 'hung_task', { killedComm: 'jbd2/sda1-8' })] }, ['hung_tasks warn 1']],
    [
      '3 hung tasks',
      { signals: [1, 2, 3].map((m) => at(m, 'hung_task', { killedComm: 'nfsd' })) },
      ['hung_tasks bad 3'],
    ],
    ['4 Docker starts', { signals: [1, 2, 3, 4].map((m) => at(m, 'docker_restart')) }, []],
    [
      '5 Docker starts in 20 minutes',
      { signals: [1, 2, 3, 4, 5].map((m) => at(m, 'docker_restart')) },
      ['docker_restarts bad 5'],
    ],
    ['SIGKILL after SIGTERM is no trouble', { signals: [at(1, 'docker_kill_timeout', escalated)] }, []],
    [
      'a container that outlived SIGKILL',
      { signals: [at(1, 'docker_kill_timeout', stuck)] },
      ['unkillable_containers bad 1'],
    ],
    ['a full disk by its log', { signals: [at(1, 'no_space')] }, ['disk_full bad 1']],
    ['a full disk by its tasks', { diskFailures: [ago(5), ago(2)] }, ['disk_full bad 2']],
    ['a disk that fills', { signals: [at(1, 'image_gc')] }, ['disk_filling warn 1']],
    [
      'a full one is not called filling too',
      { signals: [at(1, 'image_gc'), at(1, 'no_space')] },
      ['disk_full bad 1'],
    ],
    ['a filesystem error', { signals: [at(1, 'xfs_or_ext4_error')] }, ['filesystem_errors warn 1']],
    [
      'XFS that shut down',
      {
        signals: [
          at(1, 'xfs_or_ext4_error', {
            lines: ['XFS (sdb1): Corruption detected. Shutting down filesystem'],
          }),
        ],
      },
      ['filesystem_errors bad 1'],
    ],
    ['read-only', { signals: [at(1, 'filesystem_readonly')] }, ['filesystem_readonly bad 1']],
    ['a failing disk', { signals: [at(1, 'bad_disk')] }, ['disk_failing bad 1']],
    ['a corrected memory error', { signals: [at(1, 'memory_error')] }, ['hardware_errors warn 1']],
    [
      'a fatal hardware error',
      { signals: [at(1, 'hardware_error', { lines: ['[Hardware Error]: event severity: fatal'] })] },
      ['hardware_errors bad 1'],
    ],
    [
      'the host out of memory',
      { signals: [at(1, 'global_oom', { killedComm: 'java' })] },
      ['out_of_memory bad 1'],
    ],
    ['a container out of memory is none of the host’s', { signals: [at(1, 'memcg_oom')] }, []],
    ['an oops', { signals: [at(1, 'kernel_oops')] }, ['kernel_bugs warn 1']],
    ['a corrupt layer', { signals: [at(1, 'layer_corruption')] }, ['corrupt_layers warn 1']],
    ['an agent that aborts', { signals: [at(1, 'mesos_agent_abort')] }, ['agent_aborts warn 1']],
    ['a clock off by 4 s', { skewMs: 4000 }, []],
    ['a clock off by 30 s', { skewMs: -30_000 }, ['clock_skew warn 1']],
    ['a clock off by 2 minutes', { skewMs: 120_000 }, ['clock_skew bad 1']],
    [
      'the worst first',
      { signals: [at(1, 'kernel_oops'), at(2, 'bad_disk'), at(1, 'filesystem_readonly')], skewMs: 6000 },
      ['filesystem_readonly bad 1', 'disk_failing bad 1', 'clock_skew warn 1', 'kernel_bugs warn 1'],
    ],
  ])('%s', (_what, over, want) =>
    expect(ask(over).map(({ id, tone, count }) => `${id} ${tone} ${count}`)).toEqual(want),
  );

  it('reports of one second have no span', () => {
    const [condition] = ask({ signals: [at(5, 'filesystem_readonly'), at(5, 'filesystem_readonly')] });
    expect(condition?.sentence).toContain('2 reports at 2026-03-01 11:55:00 UTC');
  });

  it('a hang of a network device names it, its span, and what to do in order', () => {
    const device = { device: 'veth54a2de6' };
    const [condition] = ask({
      signals: [18, 9, 2].map((minutes) => at(minutes, 'unregister_netdevice', device)),
    });
    expect(condition?.sentence).toBe(
      'The kernel does not let go of the network device veth54a2de6: 3 reports between 2026-03-01 11:42:00 UTC and 2026-03-01 11:58:00 UTC. Docker hangs behind it when it makes or ends containers.',
    );
    expect(condition?.advice.map((line) => line.split(/[ :]/)[0])).toEqual(['Drain', 'Restart', 'Install']);
    expect(condition).toMatchObject({ since: ago(18), lastAt: ago(2), signalIds: ['s-2', 's-9', 's-18'] });
    expect(condition?.numbers[0]).toMatchObject({
      value: '3',
      formula: "count of the host's signals; a condition from 3 within 20 minutes on",
      inputs: [{ name: 'unregister_netdevice', value: '3', from: 'host log' }],
    });
  });

  it('sets failures beside the condition that explains them', () => {
    const [condition] = ask({
      signals: [at(1, 'docker_hang')],
      failures: { docker_daemon_unresponsive: 4, app_exit_nonzero: 9 },
    });
    expect(condition?.numbers[1]).toMatchObject({
      value: '4',
      inputs: [{ name: 'docker_daemon_unresponsive', value: '4' }],
    });
  });

  it('survives hostile signals in bounded time and text', () => {
    const hostile = {
      device: 'x'.repeat(100_000),
      killedComm: '\u0000<b>'.repeat(10_000),
      lines: ['of kill'.repeat(100_000)],
    };
    const signals = Array.from({ length: 6000 }, (_, index) =>
      at(
        index % 60,
        (['unregister_netdevice', 'hung_task', 'docker_kill_timeout'] as const)[index % 3] ?? 'no_space',
        {
          ...hostile,
          device: `${index}${hostile.device.slice(0, 500)}`,
        },
      ),
    );
    const odd = { id: 'x', at: new Date(Number.NaN), signal: hostSignalOf('no_space') };
    const started = performance.now();
    const conditions = ask({ signals: [...signals, odd] });
    expect(performance.now() - started).toBeLessThan(500);
    for (const { sentence, signalIds } of conditions) {
      expect(sentence.length).toBeLessThan(600);
      expect(sentence).not.toMatch(/\p{Cc}/u);
      expect(signalIds.length).toBeLessThanOrEqual(20);
    }
  });
});
