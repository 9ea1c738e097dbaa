import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import type { LogSignal } from '@/lib/domain/log-signal';
import { createLogParser } from './log-parser';

const A = '3b7e1f'.repeat(11).slice(0, 64);
const B = '94c0d2'.repeat(11).slice(0, 64);
const UUID = '5d0c8f12-77ab-4e09-b6f3-1c2d3e4f5a6b';

function signalsOf(lines: readonly string[]): LogSignal[] {
  const parser = createLogParser({
    receivedAt: new Date('2026-11-25T00:00:00Z'),
    timeZone: 'UTC',
    host: null,
  });
  for (const line of lines) parser.feed(line);
  return parser.end().flatMap((fact) => ('signal' in fact ? [fact.signal] : []));
}

const only = (lines: readonly string[]): LogSignal | undefined => {
  const signals = signalsOf(lines);
  expect(signals).toHaveLength(1);
  return signals[0];
};

type Case = { when: string; lines: string[]; want: Partial<LogSignal> };

const CASES: Case[] = [
  {
    when: 'Linux 2.6.32 of el6 prints the user in the kill line',
    lines: [
      'nginx invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0, oom_score_adj=0',
      'nginx cpuset=web mems_allowed=0',
      'Pid: 4102, comm: nginx Not tainted 2.6.32-504.el6.x86_64 #1',
      'Task in /lxc/web killed as a result of limit of /lxc/web',
      'memory: usage 262144kB, limit 262144kB, failcnt 91',
      '[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name',
      '[ 4102]    48  4102    81201    60122   1       0             0 nginx worker',
      'Memory cgroup out of memory: Kill process 4102 (nginx) score 930 or sacrifice child',
      'Killed process 4102, UID 48, (nginx) total-vm:324804kB, anon-rss:240488kB, file-rss:0kB',
    ],
    want: {
      signature: 'memcg_oom',
      killedPid: 4102,
      killedComm: 'nginx',
      limitKb: 262_144,
      failcnt: 91,
      anonRssKb: 240_488,
      totalVmKb: 324_804,
      orchestrator: 'lxc',
      containerId: null,
      processes: [{ pid: 4102, name: 'nginx worker', rssKb: 240_488 }],
    },
  },
  {
    when: 'the chosen thread, its process and a sacrificed child differ',
    lines: [
      `Task in /docker/${A} killed as a result of limit of /docker/${A}`,
      'memory: usage 1048576kB, limit 1048576kB, failcnt 7',
      'Memory cgroup out of memory: Kill process 900 (httpd) score 1000 or sacrifice child',
      'Killed process 955 (php-cgi) total-vm:90000kB, anon-rss:70000kB, file-rss:12kB',
    ],
    want: {
      signature: 'memcg_oom',
      killedPid: 955,
      killedComm: 'php-cgi',
      containerId: A,
      orchestrator: 'docker',
    },
  },
  {
    when: 'Linux 5.x: limit at the pod, victim in the container',
    lines: [
      'runtime invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=969',
      'memory: usage 524288kB, limit 524288kB, failcnt 12',
      'swap: usage 0kB, limit 9007199254740988kB, failcnt 0',
      'Memory cgroup stats for /kubepods/burstable/podx:',
      'anon 530579456',
      'Tasks state (memory values in pages):',
      '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
      '[   7100]  1000  7100   180000   120000   1024000        0           969 worker',
      `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${B},mems_allowed=0-1,oom_memcg=/kubepods/burstable/podx,task_memcg=/kubepods/burstable/podx/${A},task=worker,pid=7100,uid=1000`,
      'Memory cgroup out of memory: Killed process 7100 (worker) total-vm:720000kB, anon-rss:479000kB, file-rss:1000kB, shmem-rss:0kB, UID:1000 pgtables:1000kB oom_score_adj:969',
    ],
    want: {
      signature: 'memcg_oom',
      containerId: A,
      cgroup: `/kubepods/burstable/podx/${A}`,
      limitCgroup: '/kubepods/burstable/podx',
      orchestrator: 'kubernetes',
      invokedBy: 'runtime',
      killedComm: 'worker',
      limitKb: 524_288,
    },
  },
  {
    when: 'Linux 6.x splits the resident memory in the table and leaves the nodemask out',
    lines: [
      'app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
      '[   7100]     0  7100   180000   120000   119000     1000         0   1024000        0             0 my app',
      `oom-kill:constraint=CONSTRAINT_MEMCG,cpuset=docker-${A}.scope,mems_allowed=0,oom_memcg=/system.slice/docker-${A}.scope,task_memcg=/system.slice/docker-${A}.scope,task=my app,pid=7100,uid=0`,
      'Memory cgroup out of memory: Killed process 7100 (my app) total-vm:720000kB, anon-rss:479000kB, file-rss:1000kB, shmem-rss:0kB, UID:0 pgtables:1000kB oom_score_adj:0',
    ],
    want: {
      containerId: A,
      orchestrator: 'docker',
      killedComm: 'my app',
      processes: [{ pid: 7100, name: 'my app', rssKb: 480_000 }],
    },
  },
  {
    when: 'Linux 5.1 and 5.2 name no constraint for a cgroup’s limit, but the cgroup',
    lines: [
      'hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      'memory: usage 65536kB, limit 65536kB, failcnt 31',
      `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/docker/${A},task_memcg=/docker/${A},task=hog,pid=77,uid=0`,
      'Memory cgroup out of memory: Killed process 77 (hog) total-vm:90000kB, anon-rss:64000kB, file-rss:0kB, shmem-rss:0kB',
    ],
    want: {
      signature: 'memcg_oom',
      containerId: A,
      limitCgroup: `/docker/${A}`,
      limitKb: 65_536,
      killedPid: 77,
      anonRssKb: 64_000,
    },
  },
  {
    when: 'a cgroup at its limit had no process to kill: since Linux 4.19 the words are those of the whole host',
    lines: [
      'sh invoked oom-killer: gfp_mask=0x24000c0(GFP_KERNEL), order=0, oom_score_adj=-1000',
      `Memory limit reached of cgroup /docker/${A}`,
      'memory: usage 2048kB, limit 2048kB, failcnt 51',
      'Out of memory and no killable processes...',
    ],
    want: {
      signature: 'memcg_oom',
      containerId: A,
      limitCgroup: `/docker/${A}`,
      limitKb: 2_048,
      killedPid: null,
    },
  },
  {
    when: 'the host had no process to kill',
    lines: [
      'sh invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0',
      'Mem-Info:',
      'Out of memory and no killable processes...',
    ],
    want: { signature: 'global_oom', containerId: null, killedPid: null },
  },
  {
    when: 'the host ran out of memory and took a process in a container',
    lines: [
      'sshd invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
      'Mem-Info:',
      `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/docker/${A},task=java,pid=31,uid=0`,
      'Out of memory: Killed process 31 (java) total-vm:9000kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:10kB oom_score_adj:0',
    ],
    want: {
      signature: 'global_oom',
      containerId: A,
      limitCgroup: null,
      limitKb: null,
      killedPid: 31,
      invokedBy: 'sshd',
    },
  },
  {
    when: 'a Mesos container, its limit its own',
    lines: [
      `Task in /mesos/${UUID} killed as a result of limit of /mesos/${UUID}`,
      'memory: usage 65536kB, limit 65536kB, failcnt 3',
      'Memory cgroup out of memory: Kill process 12 (python) score 10 or sacrifice child',
    ],
    want: { containerId: UUID, orchestrator: 'mesos', killedPid: 12, killedComm: 'python', anonRssKb: null },
  },
  {
    when: 'cut off before the kill, the stack is of a cgroup charge',
    lines: [
      'java invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  order=0, oom_score_adj=0',
      'java cpuset=/ mems_allowed=0',
      'Call Trace:',
      ' mem_cgroup_out_of_memory+0x4b/0x80',
      ' try_charge+0x6d4/0x750',
    ],
    want: { signature: 'memcg_oom', killedPid: null, killedComm: null, invokedBy: 'java' },
  },
  {
    when: 'cut off before the kill, the cpuset is a container',
    lines: [
      'java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0',
      `java cpuset=${A} mems_allowed=0`,
    ],
    want: { signature: 'memcg_oom', containerId: A, killedPid: null, orchestrator: null },
  },
  {
    when: 'cut off before the kill, the host’s figures were printed',
    lines: [
      'java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0',
      `java cpuset=${A} mems_allowed=0`,
      'Mem-Info:',
      'Node 0 DMA per-cpu:',
    ],
    want: { signature: 'global_oom', containerId: null, killedPid: null },
  },
  {
    when: 'the head was cut off',
    lines: [
      'Memory cgroup out of memory: Killed process 5 (a) b (c) total-vm:10kB, anon-rss:5kB, file-rss:0kB',
    ],
    want: { signature: 'memcg_oom', killedPid: 5, killedComm: 'a) b (c', anonRssKb: 5 },
  },
  {
    when: 'a kill line stands alone',
    lines: ['Killed process 77 (ruby) total-vm:10kB, anon-rss:5kB, file-rss:0kB'],
    want: { signature: 'memcg_oom', killedPid: 77, containerId: null },
  },
  {
    when: 'a kill line stands alone but for the container that ended within the second',
    lines: [
      'Sep 15 15:03:14 n1 kernel: Killed process 77 (ruby) total-vm:10kB, anon-rss:5kB, file-rss:0kB',
      `Sep 15 15:03:14 n1 systemd: Stopped docker container ${A}.`,
    ],
    want: { signature: 'memcg_oom', killedPid: 77, containerId: A },
  },
  {
    when: 'a kill line stands alone and two containers ended: neither is named',
    lines: [
      'Sep 15 15:03:14 n1 kernel: Killed process 77 (ruby) total-vm:10kB, anon-rss:5kB, file-rss:0kB',
      `Sep 15 15:03:14 n1 systemd: Stopped docker container ${A}.`,
      `Sep 15 15:03:14 n1 systemd: Stopped docker container ${B}.`,
    ],
    want: { killedPid: 77, containerId: null },
  },
  {
    when: 'a kill line stands alone and a container ended two seconds later',
    lines: [
      'Sep 15 15:03:14 n1 kernel: Killed process 77 (ruby) total-vm:10kB, anon-rss:5kB, file-rss:0kB',
      `Sep 15 15:03:16 n1 systemd: Stopped docker container ${A}.`,
    ],
    want: { killedPid: 77, containerId: null },
  },
  {
    when: 'the victim was dying by itself',
    lines: [
      'Memory cgroup out of memory: OOM victim 4000 (mysqld) is already exiting. Skip killing the task',
    ],
    want: { signature: 'memcg_oom', killedPid: 4000, killedComm: 'mysqld' },
  },
  {
    when: 'a cgroup without a limit of its own',
    lines: [
      'Task in /docker/x killed as a result of limit of /docker',
      'memory: usage 99kB, limit 9007199254740988kB, failcnt 0',
    ],
    want: { signature: 'memcg_oom', usageKb: 99, limitKb: null },
  },
  {
    when: 'a report broken over lines by a mail',
    lines: [
      `[ 12.5] Task in /docker/${A.slice(0, 40)}`,
      `${A.slice(40)} killed as a result of limit of /docker/${A.slice(0, 20)}`,
      A.slice(20),
      '[ 12.6] Memory cgroup out of memory: Killed process 9 (node)',
      '  total-vm:100kB, anon-rss:50kB',
    ],
    want: { containerId: A, limitCgroup: `/docker/${A}`, killedPid: 9, anonRssKb: 50 },
  },
  {
    when: 'under a prefix that nobody knows',
    lines: [
      '08.09.2017 10:00:00 n1 kernel: java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
      '08.09.2017 10:00:00 n1 kernel: Mem-Info:',
      '08.09.2017 10:00:00 n1 kernel: Out of memory: Kill process 24 (mongod) score 511 or sacrifice child',
    ],
    want: { signature: 'global_oom', invokedBy: 'java', killedPid: 24, killedComm: 'mongod' },
  },
  {
    when: 'choice and kill printed as one text',
    lines: [
      'Memory cgroup out of memory: Kill process 41 (java) score 1000 or sacrifice child\\nKilled process 40 (java) total-vm:90kB, anon-rss:80kB, file-rss:0kB',
    ],
    want: { signature: 'memcg_oom', killedPid: 40, anonRssKb: 80 },
  },
  {
    when: 'the host is set to panic instead',
    lines: ['Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled'],
    want: { signature: 'global_oom', killedPid: null },
  },
  {
    when: 'the memory of slab caches of a container was refused',
    lines: [
      'SLUB: Unable to allocate memory on CPU 2 (of node 0) on node -1, gfp=0x92cc0(GFP_NOIO)',
      `  cache: dentry(71:${A}), object size: 192, buffer size: 192, default order: 1, min order: 0`,
      'node invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0',
      'Mem-Info:',
    ],
    want: { signature: 'global_oom', containerId: A },
  },
];

describe('a report of the kernel is read', () => {
  it.each(CASES)('$when', ({ lines, want }) => {
    const ofKill = signalsOf(lines).filter(({ signature }) => signature.endsWith('_oom'));
    expect(ofKill).toHaveLength(1);
    expect(ofKill[0]).toMatchObject(want);
  });

  it('names who stood in the seed’s story, with all its numbers', () => {
    const story = readFileSync(new URL('fixtures/story.log', import.meta.url), 'utf8').split('\n');
    const signal = only(story);
    expect(signal).toMatchObject({
      signature: 'memcg_oom',
      host: 'mesos-agent-07',
      at: new Date('2026-09-08T10:23:41Z'),
      killedPid: 76_513,
      killedComm: 'java',
      usageKb: 4_194_304,
      limitKb: 4_194_304,
      failcnt: 25_581,
      anonRssKb: 4_189_536,
      orchestrator: 'docker',
    });
    expect(signal?.containerId).toMatch(/^812c82c5a7a5[0-9a-f]{52}$/);
    expect(signal?.processes.map(({ name }) => name)).toEqual(['sh', 'java', 'bash']);
  });
});

describe('two kills are never mixed', () => {
  const kill = (pid: number, comm: string, rss: number): string =>
    `Killed process ${pid} (${comm}) total-vm:${rss * 2}kB, anon-rss:${rss}kB, file-rss:0kB`;
  const facts = (lines: readonly string[]) =>
    signalsOf(lines).map(({ killedPid, killedComm, containerId, anonRssKb, limitKb }) => [
      killedPid,
      killedComm,
      containerId,
      anonRssKb,
      limitKb,
    ]);

  it('a second kill line after a report has its own numbers and not the report’s container', () => {
    expect(
      facts([
        `Task in /docker/${A} killed as a result of limit of /docker/${A}`,
        'memory: usage 100kB, limit 100kB, failcnt 1',
        `Memory cgroup out of memory: ${kill(1, 'a', 11)}`,
        `Memory cgroup out of memory: ${kill(2, 'b', 22)}`,
      ]),
    ).toEqual([
      [1, 'a', A, 11, 100],
      [2, 'b', null, 22, null],
    ]);
  });

  it('two hosts whose lines are mixed', () => {
    const on = (host: string, text: string): string => `Sep  8 10:00:00 ${host} kernel: ${text}`;
    expect(
      facts([
        on('n1', `Task in /docker/${A} killed as a result of limit of /docker/${A}`),
        on('n2', `Task in /docker/${B} killed as a result of limit of /docker/${B}`),
        on('n2', 'memory: usage 200kB, limit 200kB, failcnt 1'),
        on('n1', 'memory: usage 100kB, limit 100kB, failcnt 1'),
        on('n1', `Memory cgroup out of memory: ${kill(1, 'a', 11)}`),
        on('n2', `Memory cgroup out of memory: ${kill(2, 'b', 22)}`),
      ]),
    ).toEqual([
      [1, 'a', A, 11, 100],
      [2, 'b', B, 22, 200],
    ]);
  });

  it('two reports, the first cut off', () => {
    expect(
      facts([
        `Task in /docker/${A} killed as a result of limit of /docker/${A}`,
        'memory: usage 100kB, limit 100kB, failcnt 1',
        `Task in /docker/${B} killed as a result of limit of /docker/${B}`,
        kill(2, 'b', 22),
      ]),
    ).toEqual([
      [null, null, A, null, 100],
      [2, 'b', B, 22, null],
    ]);
  });

  it('a report whose kill line names another process than was chosen', () => {
    const chosen = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/docker/${A},task_memcg=/docker/${A},task=a,pid=1,uid=0`;
    expect(facts([chosen, `Memory cgroup out of memory: ${kill(2, 'b', 22)}`])).toEqual([
      [1, 'a', A, null, null],
      [2, 'b', null, 22, null],
    ]);
  });

  it('a report five seconds old is over, and six seconds old cannot take a kill line', () => {
    const head = `Sep  8 10:00:00 n1 kernel: Task in /docker/${A} killed as a result of limit of /docker/${A}`;
    const killedAt = (second: number): string =>
      `Sep  8 10:00:0${second} n1 kernel: Memory cgroup out of memory: ${kill(2, 'b', 22)}`;
    expect(facts([head, killedAt(5)])).toEqual([[2, 'b', A, 22, null]]);
    expect(facts([head, killedAt(6)])).toEqual([
      [null, null, A, null, null],
      [2, 'b', null, 22, null],
    ]);
  });

  it('all of a cgroup that is killed as a group are of that cgroup, the first told once', () => {
    expect(
      facts([
        `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/docker/${A},task_memcg=/docker/${A},task=a,pid=1,uid=0`,
        `Memory cgroup out of memory: ${kill(1, 'a', 11)}`,
        `Tasks in /docker/${A} are going to be killed due to memory.oom.group set`,
        'Memory cgroup out of memory: OOM victim 1 (a) is already exiting. Skip killing the task',
        `Memory cgroup out of memory: ${kill(2, 'b', 22)}`,
        `Memory cgroup out of memory: ${kill(3, 'c', 33)}`,
      ]),
    ).toEqual([
      [1, 'a', A, 11, null],
      [2, 'b', A, 22, null],
      [3, 'c', A, 33, null],
    ]);
  });
});

describe('what is no kill', () => {
  it.each([
    [
      'a program that prints the kernel’s words',
      'Sep  8 10:00:00 n1 cart[12]: Killed process 1 (a) total-vm:1kB, anon-rss:1kB',
    ],
    [
      'the reaper after a kill',
      '[ 12.5] oom_reaper: reaped process 1 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
    ],
    [
      'slab memory refused to a container',
      `SLUB: Unable to allocate memory on node -1 cache: x(1:${A}), object size: 1`,
    ],
  ])('%s', (_, line) => {
    expect(signalsOf([line]).filter(({ signature }) => signature.endsWith('_oom'))).toEqual([]);
  });
});

it('keeps the largest processes of a long table, and at most 200 lines', () => {
  const rows = Array.from(
    { length: 3_000 },
    (_, row) =>
      `[${10_000 + row}]     0 ${10_000 + row}  9000     ${(row * 7_919) % 3_000}      10        0             0 p${row}`,
  );
  const signal = only([
    'a invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0',
    'Mem-Info:',
    '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
    ...rows,
    'Out of memory: Kill process 1 (a) score 1 or sacrifice child',
    'Killed process 1 (a) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
  ]);
  expect(signal?.processes).toHaveLength(256);
  expect(Math.min(...(signal?.processes ?? []).map(({ rssKb }) => rssKb ?? 0))).toBe((3_000 - 256) * 4);
  expect(signal?.lines).toHaveLength(200);
  expect(signal?.lines[0]).toContain('invoked oom-killer');
  expect(signal?.lines.at(-1)).toContain('Killed process 1');
});
