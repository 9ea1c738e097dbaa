/**
 * What one line is to the kernel's report of an out-of-memory kill. Sources: mm/oom_kill.c and mm/memcontrol.c of
 * Linux 2.6.32 to 6.x, and of the el6 and el7 kernels.
 */
export type OomLine =
  /** `ofMemcg`: by the mask of the allocation alone, so a guess. */
  | { kind: 'invoked'; comm: string; ofMemcg: boolean }
  /** The asker's cpuset, the name of its innermost cgroup. */
  | { kind: 'cpuset'; name: string }
  | { kind: 'task_in'; cgroup: string; limitCgroup: string }
  | { kind: 'usage'; usageKb: number; limitKb: number; failcnt: number }
  | { kind: 'stats'; cgroup: string }
  | { kind: 'header'; columns: number }
  | { kind: 'row'; pid: number; rssPages: number; rest: string }
  | {
      kind: 'oom_kill';
      memcg: boolean;
      pid: number | null;
      comm: string | null;
      cgroup: string | null;
      limitCgroup: string | null;
    }
  /** The choice, by thread id; the kill itself comes after, and may be of a child. */
  | { kind: 'kill'; scope: Scope; pid: number; comm: string; orChild: boolean }
  | {
      kind: 'killed';
      scope: Scope;
      pid: number;
      comm: string;
      totalVmKb: number | null;
      anonRssKb: number | null;
    }
  /** The victim was dying by itself. */
  | { kind: 'exiting'; scope: Scope; pid: number; comm: string }
  | { kind: 'no_victim'; scope: Scope }
  | { kind: 'group'; cgroup: string }
  | { kind: 'reaper' }
  /** A slab cache of a memory cgroup that could not grow. */
  | { kind: 'slab'; containerName: string | null }
  /** A stack frame that only a cgroup's charge can have; `sure` where the kernel marks it as no guess (`?`). */
  | { kind: 'memcg_frame'; sure: boolean }
  | { kind: 'mem_info' }
  /** Registers, frames, counters: seen in reports, no fact in itself. */
  | { kind: 'context' };

/** By the words of the line itself; null: the line does not tell. */
export type Scope = 'memcg' | 'global' | null;

const COMM_LENGTH = 64;
const INVOKED = /^(.{1,200}?) invoked oom-killer\b/;
/** The kernel keeps so much of a name; what comes before it is a prefix that was not understood. */
const ASKER_LENGTH = 15;
const KERNEL_TAG = 'kernel: ';
/**
 * Cgroups charge with plain GFP_KERNEL, GFP_KERNEL_ACCOUNT or GFP_NOFS; faults and page cache of the whole host ask
 * for movable high memory. The numbers are those of Linux 3.x, 4.4, 4.9, 4.14, 4.19 and 5.x.
 */
const MEMCG_MASK =
  /gfp_mask=0x(?:d0|50|24000c0|14000c0|6000c0|7000c0|cc0|c40|600040|400cc0)\b|gfp_mask=0x[0-9a-f]{1,8}\(GFP_(?:KERNEL|NOFS)(?:_ACCOUNT)?\)/;
const CPUSET = /^.{1,64}? cpuset=([^\s,]{1,300}) mems_allowed=/;
const TASK_IN = /Task in (\/\S{0,4000}) killed as a result of limit of (\/\S{0,4000})/;
const USAGE = /(?:^|\s)memory: usage (\d{1,17})kB, limit (\d{1,17})kB, failcnt (\d{1,17})/;
/** The second is told where no process is to be killed, Linux 4.0 to 4.20. */
const STATS = /Memory cgroup stats for (\/\S{0,4000}):(?=\s|$)|Memory limit reached of cgroup (\/\S{0,4000})/;
const HEADER = /^\[ {0,8}pid {0,8}\] +uid +tgid +total_vm +rss +(.{1,120}?) ?name\s*$/;
const ROW = /^\[ {0,8}(\d{1,10})\] +\d{1,10} +\d{1,10} +\d{1,15} +(\d{1,15}) +(\S.{0,200})$/;
const KILL =
  /([Mm]emory cgroup o|O)ut of memory(?: \([\w ]{1,64}\))?: [Kk]ill process (\d{1,10}) \((.{1,64}?)\)(?: (?:score|or)\b(.*))?$/;
const KILLED =
  /(?:([Mm]emory cgroup o|O)ut of memory(?: \([\w ]{1,64}\))?: )?Killed process (\d{1,10})(?:, UID \d{1,10})?,? \(/;
const KILLED_END = /\),? ?(?=total-vm|vsz|UID|,? ?anon-rss|score|now )/;
const EXITING =
  /([Mm]emory cgroup o|O)ut of memory[^:]{0,40}: OOM victim (\d{1,10}) \((.{1,64})\) is already exiting/;
const NO_VICTIM =
  /([Mm]emory cgroup o|O)ut of memory(?: \([\w ]{1,64}\))?(?: and no killable processes|: no killable|: (?:system-wide|compulsory) panic_on_oom)/;
const GROUP = /Tasks in (\/\S{0,4000}) are going to be killed due to memory\.oom\.group set/;
const SLAB_FAILED = /^SLUB: Unable to allocate memory on (?:node|CPU)\b/;
const SLAB_CACHE = /^cache: \S{1,64}\(\d{1,10}:([^\s)]{1,300})\), object size/;
const MEMCG_FRAME =
  /(\? )?(?:mem_cgroup_(?!disabled)\w{1,48}|(?:__)?(?:obj|mem)_cgroup_\w{1,48}|try_charge\w{0,16}|charge_memcg|memory_max_write|__memcg_kmem_\w{1,32})\+0x/;
const FRAME = /\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8}/;
const MEM_INFO =
  /(?:^|\s)Mem-[Ii]nfo:|^(?:Node \d{1,4} |active_anon:\d|active:\d|lowmem_reserve|DMA|Normal |HighMem|\d{1,12} (?:total pagecache|pages (?:RAM|in swap|HighMem|reserved|shared|non-shared))|Swap cache stats|Free swap|Total swap)/;
const CONTEXT =
  /^(?:CPU:|Pid:|Hardware name|Call [Tt]race|<\/?(?:TASK|IRQ|NMI)>|R[A-Z0-9]{2}:|EIP|Code:|Modules linked|Workqueue|Tasks state|Tainted|Not tainted|(?:memory\+swap|swap|kmem): usage|Memory cgroup (?:min|low)|Unreclaimable slab|(?:anon|file|kernel|kernel_stack|pagetables|sec_pagetables|percpu|sock|vmalloc|shmem|zswap|zswapped|swapcached|slab|(?:anon|file|shmem|inactive|active|slab|workingset|thp|numa|pg)_?[a-z_]{1,24}) \d{1,20}$|(?:active|inactive|unevictable|slab|mapped|free|hi:|CPU \d)|\[<[0-9a-f]|[0-9a-f]{16} [0-9a-f]{16}|Mem abort|x\d{1,2} ?:|pc :|lr :|sp :|pstate)/;

/** Null: the line has no part in such a report. Linear in the line. */
export function readOomLine(message: string): OomLine | null {
  if (message.charCodeAt(0) === 91) {
    const table = readTable(message);
    if (table) return table;
  }
  if (message.includes('ill') || message.includes('OOM') || message.includes('ut of memory')) {
    const kill = readKill(message);
    if (kill) return kill;
  }
  return readHead(message) ?? readContext(message);
}

function readTable(message: string): OomLine | null {
  const row = ROW.exec(message);
  if (row) return { kind: 'row', pid: Number(row[1]), rssPages: Number(row[2]), rest: row[3] ?? '' };
  const header = HEADER.exec(message);
  return header ? { kind: 'header', columns: (header[1] ?? '').trim().split(/ +/).length } : null;
}

function readKill(message: string): OomLine | null {
  const kill = KILL.exec(message);
  const killed = KILLED.exec(message);
  // Some tools print the choice and the kill as one text.
  if (killed) return readKilled(message, killed, scopeOf(killed[1] ?? kill?.[1]));
  if (kill) {
    const [, words, pid, comm = '', rest = ''] = kill;
    return { kind: 'kill', scope: scopeOf(words), pid: Number(pid), comm, orChild: /child/.test(rest) };
  }
  const exiting = EXITING.exec(message);
  if (exiting) {
    const [, words, pid, comm = ''] = exiting;
    return { kind: 'exiting', scope: scopeOf(words), pid: Number(pid), comm };
  }
  if (message.includes('oom-kill:')) return readOomKill(message.slice(message.indexOf('oom-kill:')));
  const group = GROUP.exec(message);
  if (group) return { kind: 'group', cgroup: group[1] ?? '' };
  const none = NO_VICTIM.exec(message);
  if (none) return { kind: 'no_victim', scope: scopeOf(none[1]) };
  return readHead(message);
}

/** The name stands in brackets and may hold some: up to the bracket before the numbers, or else to the last one. */
function readKilled(message: string, found: RegExpExecArray, scope: Scope): OomLine {
  const from = found.index + found[0].length;
  const rest = message.slice(from, from + 600);
  const end = KILLED_END.exec(rest)?.index ?? rest.slice(0, COMM_LENGTH + 2).lastIndexOf(')');
  return {
    kind: 'killed',
    scope,
    pid: Number(found[2]),
    comm: rest.slice(0, end < 0 ? COMM_LENGTH : Math.min(end, COMM_LENGTH)),
    totalVmKb: kilobytes(rest, /(?:total-vm|vsz): ?(\d{1,17})\s?kB/),
    anonRssKb: kilobytes(rest, /anon-rss: ?(\d{1,17})\s?kB/),
  };
}

/** `oom-kill:constraint=…,nodemask=…,cpuset=…,mems_allowed=…,oom_memcg=…,task_memcg=…,task=…,pid=…,uid=…`. */
function readOomKill(text: string): OomLine | null {
  const constraint = /^oom-kill:\s?constraint=(\w{1,40})/.exec(text)?.[1];
  if (constraint === undefined) return null;
  const victim = /[,\s]task=(.{1,64}?),\s?pid=(\d{1,10})/.exec(text);
  const limitCgroup = between(text, 'oom_memcg=', ',task_memcg=');
  return {
    kind: 'oom_kill',
    // Linux 5.1 and 5.2 tell no constraint of a cgroup's limit; the cgroup they do.
    memcg: constraint === 'CONSTRAINT_MEMCG' || limitCgroup !== null,
    pid: victim ? Number(victim[2]) : null,
    comm: victim?.[1] ?? null,
    cgroup: between(text, 'task_memcg=', ',task='),
    limitCgroup,
  };
}

/** A cgroup's path, which may hold commas and colons. Null: not there, or empty. */
function between(text: string, before: string, after: string): string | null {
  const start = text.indexOf(before);
  if (start < 0) return null;
  const from = start + before.length;
  const end = text.indexOf(after, from);
  const path = end < 0 ? (/^[^\s,]*/.exec(text.slice(from))?.[0] ?? '') : text.slice(from, end);
  return path === '' ? null : path;
}

function readHead(message: string): OomLine | null {
  const invoked = INVOKED.exec(message);
  if (invoked) return { kind: 'invoked', comm: askerIn(invoked[1] ?? ''), ofMemcg: MEMCG_MASK.test(message) };
  const task = TASK_IN.exec(message);
  if (task) return { kind: 'task_in', cgroup: task[1] ?? '', limitCgroup: task[2] ?? '' };
  const usage = USAGE.exec(message);
  if (usage) {
    return {
      kind: 'usage',
      usageKb: Number(usage[1]),
      limitKb: Number(usage[2]),
      failcnt: Number(usage[3]),
    };
  }
  const stats = STATS.exec(message);
  if (stats) return { kind: 'stats', cgroup: stats[1] ?? stats[2] ?? '' };
  const cpuset = CPUSET.exec(message);
  if (cpuset) return { kind: 'cpuset', name: cpuset[1] ?? '' };
  return null;
}

function askerIn(prefixed: string): string {
  const tag = prefixed.lastIndexOf(KERNEL_TAG);
  const text = tag < 0 ? prefixed : prefixed.slice(tag + KERNEL_TAG.length);
  if (text.length <= ASKER_LENGTH) return text;
  const end = text.slice(-ASKER_LENGTH - 1);
  return end.slice(end.indexOf(' ') + 1).slice(-ASKER_LENGTH);
}

function readContext(message: string): OomLine | null {
  if (message.startsWith('oom_reaper:')) return { kind: 'reaper' };
  if (SLAB_FAILED.test(message)) return { kind: 'slab', containerName: null };
  const cache = SLAB_CACHE.exec(message);
  if (cache) return { kind: 'slab', containerName: cache[1] ?? null };
  if (FRAME.test(message)) {
    const frame = MEMCG_FRAME.exec(message);
    return frame ? { kind: 'memcg_frame', sure: frame[1] === undefined } : { kind: 'context' };
  }
  if (MEM_INFO.test(message)) return { kind: 'mem_info' };
  return CONTEXT.test(message) ? { kind: 'context' } : null;
}

function scopeOf(words: string | undefined): Scope {
  if (words === undefined) return null;
  return words.length > 1 ? 'memcg' : 'global';
}

function kilobytes(text: string, pattern: RegExp): number | null {
  const found = pattern.exec(text);
  const value = found ? Number(found[1]) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
