import type { Host } from './host';
import type { Process } from './processes';

/** A kill of the kernel's out-of-memory killer as it happens on a host. Sizes in kB. */
export type OomKill = {
  victim: Process;
  /** Everything in the container; the victim is one of them. */
  processes: readonly Process[];
  /** Who asked for the memory that was not there. A thread of the victim, or another process. */
  invokedBy: { pid: number; name: string };
  /** Cgroup of the victim. */
  cgroup: string;
  /** Cgroup whose limit was reached; null: the whole host's memory. */
  limitCgroup: string | null;
  /** Last part of the cgroup, as `cpuset` names it. */
  cpuset: string;
  usedKb: number;
  limitKb: number;
  /** The container's swap limit equals its memory limit. */
  noSwap: boolean;
};

const PAGE_KB = 4;
const NO_LIMIT_KB = '9007199254740988kB';

/**
 * The lines the kernel writes for one kill, in order: mm/oom_kill.c and mm/memcontrol.c of 3.10 (CentOS 7), and of
 * 5.x and 6.x, where the summary `oom-kill:` stands before the kill and the table has other columns.
 */
export function oomLines(host: Host, kill: OomKill): string[] {
  return host.kernel === '3.10' ? oldLines(host, kill) : newLines(host, kill);
}

function oldLines(host: Host, kill: OomKill): string[] {
  const { invokedBy, cgroup, limitCgroup, victim } = kill;
  const cpu = host.random.int(0, 15);
  const rows = tableOf(host, kill).map(
    ({ pid, uid, vmPages, rssPages, score, name }) =>
      `[${col(pid, 5)}] ${col(uid, 5)} ${col(pid, 5)} ${col(vmPages, 8)} ${col(rssPages, 8)} ${col(Math.ceil(vmPages / 380), 7)} ${col(0, 8)} ${col(score, 13)} ${name}`,
  );
  const head = [
    `${invokedBy.name} invoked oom-killer: gfp_mask=${limitCgroup === null ? '0x201da' : '0xd0'}, order=0, oom_score_adj=0`,
    `${invokedBy.name} cpuset=${kill.cpuset} mems_allowed=0-1`,
    `CPU: ${cpu} PID: ${invokedBy.pid} Comm: ${invokedBy.name} Tainted: G               ------------ T ${host.release} #1`,
    'Hardware name: Dell Inc. PowerEdge R630/02C2CP, BIOS 2.4.3 01/17/2017',
    'Call Trace:',
    ' [<ffffffff816a3e51>] dump_stack+0x19/0x1b',
    ' [<ffffffff8169f246>] dump_header+0x90/0x229',
    ' [<ffffffff811863a4>] oom_kill_process+0x254/0x3d0',
  ];
  const middle =
    limitCgroup === null
      ? [
          ' [<ffffffff81186be6>] out_of_memory+0x4b6/0x4f0',
          ' [<ffffffff8169fd4a>] __alloc_pages_slowpath+0x5d6/0x724',
          'Mem-Info:',
          memInfo(host),
          `Node 0 Normal free:44188kB min:45072kB low:56340kB high:67608kB active_anon:${host.memMb * 900}kB inactive_anon:108kB`,
          '0 pages HighMem/MovableOnly',
        ]
      : [
          ' [<ffffffff811f5216>] mem_cgroup_oom_synchronize+0x546/0x570',
          ' [<ffffffff81186c74>] pagefault_out_of_memory+0x14/0x90',
          ' [<ffffffff816b0091>] mm_fault_error+0x68/0x12b',
          ' [<ffffffff816ac508>] page_fault+0x28/0x30',
          `Task in ${cgroup} killed as a result of limit of ${limitCgroup}`,
          ...limitLines(host, kill),
          `Memory cgroup stats for ${limitCgroup}: cache:${host.random.int(20, 900)}KB rss:${kill.usedKb - 1100}KB rss_huge:0KB mapped_file:${host.random.int(0, 40)}KB swap:0KB inactive_anon:0KB active_anon:${kill.usedKb - 1120}KB inactive_file:16KB active_file:4KB unevictable:0KB`,
        ];
  const thread = victim.pid + host.random.int(60, 300);
  const { vmKb, rssKb } = sizesOf(host, kill, victim);
  const what = limitCgroup === null ? 'Out of memory' : 'Memory cgroup out of memory';
  return [
    ...head,
    ...middle,
    '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
    ...rows,
    // The one it picked is a thread; what is killed is its process.
    `${what}: Kill process ${thread} (${victim.name}) score ${limitCgroup === null ? host.random.int(80, 700) : 1001} or sacrifice child`,
    `Killed process ${victim.pid} (${victim.name}) total-vm:${vmKb}kB, anon-rss:${rssKb}kB, file-rss:0kB, shmem-rss:0kB`,
  ];
}

function newLines(host: Host, kill: OomKill): string[] {
  const { invokedBy, cgroup, limitCgroup, victim } = kill;
  const rows = tableOf(host, kill).map(
    ({ pid, uid, vmPages, rssPages, score, name }) =>
      `[${col(pid, 7)}] ${col(uid, 5)} ${col(pid, 5)} ${col(vmPages, 8)} ${col(rssPages, 8)} ${col(vmPages * 3, 8)} ${col(0, 8)} ${col(score, 13)} ${name}`,
  );
  const trace = host.kernel === '6.1' ? 'dump_stack_lvl+0x44/0x5c' : 'dump_stack+0x6b/0x83';
  const { vmKb, rssKb } = sizesOf(host, kill, victim);
  const constraint = limitCgroup === null ? 'constraint=CONSTRAINT_NONE' : 'constraint=CONSTRAINT_MEMCG';
  const where = limitCgroup === null ? 'global_oom' : `oom_memcg=${limitCgroup}`;
  const what = limitCgroup === null ? 'Out of memory' : 'Memory cgroup out of memory';
  return [
    `${invokedBy.name} invoked oom-killer: gfp_mask=${limitCgroup === null ? '0x100cca(GFP_HIGHUSER_MOVABLE)' : '0xcc0(GFP_KERNEL)'}, order=0, oom_score_adj=0`,
    `CPU: ${host.random.int(0, 31)} PID: ${invokedBy.pid} Comm: ${invokedBy.name} Not tainted ${host.release} #1 ${host.kernel === '6.1' ? 'Debian 6.1.76-1' : 'Debian 5.10.209-2'}`,
    'Hardware name: Dell Inc. PowerEdge R640/0W23H8, BIOS 2.10.2 02/24/2021',
    'Call Trace:',
    ...(host.kernel === '6.1' ? [' <TASK>'] : []),
    ` ${trace}`,
    ' dump_header+0x4a/0x1ff',
    ' oom_kill_process.cold+0xb/0x10',
    ' out_of_memory+0x1bd/0x4e0',
    ...(limitCgroup === null
      ? [' __alloc_pages_slowpath.constprop.0+0xc2c/0xd20', ' __filemap_get_folio+0x1a7/0x330']
      : [
          ' mem_cgroup_out_of_memory+0x134/0x150',
          ' try_charge_memcg+0x6df/0x7a0',
          ' __mem_cgroup_charge+0x7e/0x230',
        ]),
    ' asm_exc_page_fault+0x22/0x30',
    'RIP: 0033:0x7f2c7d1b0a3e',
    ...(host.kernel === '6.1' ? [' </TASK>'] : []),
    ...(limitCgroup === null
      ? ['Mem-Info:', memInfo(host), '0 pages HighMem/MovableOnly']
      : [...limitLines(host, kill), `Memory cgroup stats for ${limitCgroup}:`, ...statLines(host, kill)]),
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    ...rows,
    `oom-kill:${constraint},nodemask=(null),cpuset=${kill.cpuset},mems_allowed=0-1,${where},task_memcg=${cgroup},task=${victim.name},pid=${victim.pid},uid=0`,
    `${what}: Killed process ${victim.pid} (${victim.name}) total-vm:${vmKb}kB, anon-rss:${rssKb}kB, file-rss:${host.random.int(0, 900) * PAGE_KB}kB, shmem-rss:0kB, UID:0 pgtables:${Math.ceil(rssKb / 490)}kB oom_score_adj:0`,
  ];
}

/** What follows a kill when the reaper was quick; only newer kernels have it. */
export function reaperLine({ victim }: OomKill): string {
  return `oom_reaper: reaped process ${victim.pid} (${victim.name}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB`;
}

function limitLines(host: Host, { usedKb, limitKb, noSwap }: OomKill): string[] {
  const swap = noSwap
    ? `memory+swap: usage ${usedKb}kB, limit ${limitKb}kB, failcnt ${host.random.int(900, 60_000)}`
    : `memory+swap: usage ${usedKb}kB, limit ${limitKb * 2}kB, failcnt 0`;
  return [
    `memory: usage ${usedKb}kB, limit ${limitKb}kB, failcnt ${host.random.int(300, 60_000)}`,
    swap,
    `kmem: usage ${host.kernel === '3.10' ? 0 : host.random.int(2000, 30_000)}kB, limit ${NO_LIMIT_KB}, failcnt 0`,
  ];
}

function statLines(host: Host, { usedKb }: OomKill): string[] {
  const anon = (usedKb - 1400) * 1024;
  return [
    `anon ${anon}`,
    'file 135168',
    `kernel_stack ${host.random.int(20, 200) * 16_384}`,
    'sock 0',
    'shmem 0',
    `file_mapped ${host.random.int(0, 30) * 4096}`,
    'file_dirty 0',
    'inactive_anon 0',
    `active_anon ${anon}`,
    'unevictable 0',
    `pgfault ${host.random.int(900_000, 9_000_000)}`,
    `pgmajfault ${host.random.int(0, 400)}`,
  ];
}

function memInfo(host: Host): string {
  const pages = Math.floor((host.memMb * 1024 * 0.9) / PAGE_KB);
  return `active_anon:${pages} inactive_anon:1024 isolated_anon:0 active_file:210 inactive_file:388 isolated_file:0 unevictable:0 dirty:12 writeback:0 slab_reclaimable:38211 slab_unreclaimable:61244 mapped:1790 free:${host.random.int(30_000, 60_000)}`;
}

type Row = { pid: number; uid: number; vmPages: number; rssPages: number; score: number; name: string };

/** The process table: the container's, or the whole host's with what always runs there. */
function tableOf(host: Host, kill: OomKill): Row[] {
  const mine = kill.processes.map((one): Row => {
    const { vmKb, rssKb } = sizesOf(host, kill, one);
    return {
      pid: one.pid,
      uid: 0,
      vmPages: Math.floor(vmKb / PAGE_KB),
      rssPages: Math.floor(rssKb / PAGE_KB),
      score: 0,
      name: one.name,
    };
  });
  if (kill.limitCgroup !== null) return mine;
  const others: Row[] = [
    { pid: 612, uid: 0, vmPages: 21_003, rssPages: 1290, score: 0, name: 'systemd-journal' },
    { pid: 655, uid: 0, vmPages: 11_780, rssPages: 640, score: -1000, name: 'systemd-udevd' },
    { pid: host.dockerPid, uid: 0, vmPages: 612_000, rssPages: 22_140, score: -500, name: 'dockerd' },
    { pid: host.agentPid, uid: 0, vmPages: 401_220, rssPages: 14_020, score: 0, name: host.agentProgram },
    {
      pid: host.dockerPid + 40_112,
      uid: 0,
      vmPages: 4_811_020,
      rssPages: Math.floor((host.memMb * 1024 * 0.21) / PAGE_KB),
      score: 0,
      name: 'tar',
    },
  ];
  return [...others, ...mine].sort((a, b) => a.pid - b.pid);
}

/** A process holds its share of the container's memory; its address space is larger, a Java one's much. */
function sizesOf(_host: Host, kill: OomKill, one: Process): { vmKb: number; rssKb: number } {
  const rssKb = Math.floor(((kill.usedKb - 3000) * one.share) / PAGE_KB) * PAGE_KB;
  const factor = one.name === 'java' ? 2.4 : 1.15;
  return { vmKb: Math.floor(rssKb * factor) + 104_512, rssKb };
}

function col(value: number, width: number): string {
  return String(value).padStart(width);
}
