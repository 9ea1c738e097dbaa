import type { LogFact, LogSignal } from '@/lib/domain/log-signal';
import { createLogParser, type LogParser, parseLog } from './log-parser';
import { signalSentence } from './signal-sentence';

/** From 0 up to 1, the same sequence for the same seed. */
export type Chance = () => number;

/** What went wrong in a case, with the lines that show it. */
export type FuzzFailure = { seed: number; what: string; lines: string[] };

const OPTIONS = { receivedAt: new Date('2026-11-25T12:00:00Z'), timeZone: 'Europe/Berlin', host: null };
/** For a line of any length, the slowest of several machines' worth of pauses included. */
const LINE_BUDGET_MS = 250;
const MAX_FACTS_PER_LINE = 8;
const MAX_OPEN_BYTES = 16 * 1024 * 1024;

/** Mulberry32: small, and good enough to choose lines by. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const below = (chance: Chance, limit: number): number => Math.floor(chance() * limit);

function pick<T>(chance: Chance, from: readonly T[]): T {
  const chosen = from[below(chance, from.length)];
  if (chosen === undefined) throw new RangeError('Nothing to pick from');
  return chosen;
}

const hex = (chance: Chance, length: number): string =>
  Array.from({ length }, () => below(chance, 16).toString(16)).join('');
const uuid = (chance: Chance): string => [8, 4, 4, 4, 12].map((length) => hex(chance, length)).join('-');

type Planted = { pid: number; comm: string; containerId: string; rssKb: number };
type Block = (chance: Chance, planted: Planted) => string[];

const rows = (chance: Chance, { pid, comm }: Planted): string[] =>
  Array.from({ length: 1 + below(chance, pick(chance, [3, 40, 900])) }, (_, row) => {
    const id = pid + row;
    return `[${id}]     0 ${id}  90000    ${below(chance, 90_000)}     100        0             0 ${comm}`;
  });

/** Whole reports, as kernels of several ages print them. */
const REPORTS: readonly Block[] = [
  (chance, it) => [
    `${it.comm} invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0`,
    `${it.comm} cpuset=${it.containerId} mems_allowed=0-1`,
    'CPU: 1 PID: 4 Comm: java Not tainted 3.10.0-327.el7.x86_64 #1',
    'Call Trace:',
    ' [<ffffffff81636301>] dump_stack+0x19/0x1b',
    ' [<ffffffff811d3bb5>] mem_cgroup_oom_synchronize+0x575/0x5a0',
    `Task in /docker/${it.containerId} killed as a result of limit of /docker/${it.containerId}`,
    'memory: usage 4194304kB, limit 4194304kB, failcnt 25581',
    `Memory cgroup stats for /docker/${it.containerId}: cache:0KB rss:1KB`,
    '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
    ...rows(chance, it),
    `Memory cgroup out of memory: Kill process ${it.pid + 7} (${it.comm}) score 1003 or sacrifice child`,
    `Killed process ${it.pid} (${it.comm}) total-vm:${it.rssKb * 2}kB, anon-rss:${it.rssKb}kB, file-rss:0kB`,
  ],
  (chance, it) => [
    `runc:[2:INIT] invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`,
    ' mem_cgroup_out_of_memory+0x4b/0x80',
    'memory: usage 1kB, limit 1kB, failcnt 9',
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    ...rows(chance, it),
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=docker-${it.containerId}.scope,mems_allowed=0,oom_memcg=/system.slice/docker-${it.containerId}.scope,task_memcg=/system.slice/docker-${it.containerId}.scope,task=${it.comm},pid=${it.pid},uid=0`,
    `Memory cgroup out of memory: Killed process ${it.pid} (${it.comm}) total-vm:${it.rssKb * 2}kB, anon-rss:${it.rssKb}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0`,
    `oom_reaper: reaped process ${it.pid} (${it.comm}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB`,
  ],
];

/** Lines of all the kinds that the parsers know, and of some that they must leave alone. */
const OTHERS: readonly Block[] = [
  (chance) => [`unregister_netdevice: waiting for veth${hex(chance, 7)} to become free. Usage count = 1`],
  (chance) => [`INFO: task kworker/u16:9:${below(chance, 9_999)} blocked for more than 120 seconds.`],
  () => ['INFO: task kworker/u16:9:=', '7088', 'blocked for more than 120 seconds.'],
  () => ['watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [X:5189]'],
  () => [
    'EXT4-fs error (device sda9): ext4_lookup:1580: inode #1: comm dockerd: deleted inode referenced: 2',
  ],
  () => ['XFS: runc:[1:CHILD](3580) possible memory allocation deadlock in kmem_zone_alloc (mode:0x82d0)'],
  () => ['XFS (dm-1): Unmounting Filesystem'],
  (chance) => [`Killed process ${below(chance, 9_999)} (sh) total-vm:1kB, anon-rss:1kB, file-rss:0kB`],
  (_, it) => [`Task in /docker/${it.containerId.slice(0, 30)}`, it.containerId.slice(30)],
  (_, it) => [`Tasks in /docker/${it.containerId} are going to be killed due to memory.oom.group set`],
  () => ['oom_kill_disable 1', 'under_oom 1'],
  (_, it) => [
    `time="2026-11-25T10:00:00.1Z" level=info msg="Container ${it.containerId} failed to exit within 10 seconds of signal 15 - using the force"`,
  ],
  (_, it) => [`systemd: Stopped docker container ${it.containerId}.`],
  (chance) => [
    `I1125 10:00:00.016402  2880 slave.cpp:3012] Handling status update TASK_FAILED (UUID: ${uuid(chance)}) for task a_b.${uuid(chance)} of framework ${uuid(chance)}-0000 from executor(1)@10.0.0.1:1`,
  ],
  (chance) => [
    `OOM detected for container ${uuid(chance)}`,
    'Memory limit exceeded: Requested: 160MB Maximum Used: 160MB',
    '',
    'MEMORY STATISTICS: ',
    'cache 4096',
    'rss 167768064',
  ],
  () => ['write /var/lib/docker/tmp/x: no space left on device'],
  (_, it) => [
    'SLUB: Unable to allocate memory on node -1, gfp=0xdc0(GFP_KERNEL|__GFP_ZERO)',
    `  cache: signal_cache(7:${it.containerId}), object size: 1056, buffer size: 1088, default order: 3, min order: 0`,
    'python3 invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0',
    'Mem-Info:',
  ],
  () => ['some line of an application', ''],
  () => ['<script>alert(1)</script> &lt;b&gt; <img src=x onerror=alert(1)>'],
];

type Prefix = (text: string, second: number, host: string) => string;

const clock = (second: number): string => new Date(second * 1_000).toISOString();
const PREFIXES: readonly Prefix[] = [
  (text, second, host) => `Nov 25 ${clock(second).slice(11, 19)} ${host} kernel: ${text}`,
  (text, second, host) => `Nov 25 ${clock(second).slice(11, 19)} ${host} kernel: [${second}.250000] ${text}`,
  (text, second, host) => `<6>1 ${clock(second)} ${host} kernel - - - ${text}`,
  (text, second, host) => `${clock(second)} ${host} kernel: ${text}`,
  (text, second, host) => `${second} ${host} [${second - 1_790_000_000}.5] ${text}`,
  (text, second, host) => JSON.stringify({ message: text, host, timestamp: clock(second) }),
  (text, second, host) =>
    JSON.stringify({
      MESSAGE: text,
      _HOSTNAME: host,
      __REALTIME_TIMESTAMP: `${second}000000`,
      SYSLOG_IDENTIFIER: 'kernel',
    }),
];
const BARE: readonly Prefix[] = [
  (text) => text,
  (text) => `kernel: ${text}`,
  (text, second) => `[${second % 100_000}.000001] ${text}`,
  (text, second) => JSON.stringify({ log: `${text}\n`, stream: 'stderr', time: clock(second) }),
];

const START_SECOND = 1_795_600_000;
const PLANT_HOST = 'planted.example';

type Case = { lines: string[]; planted: Planted };

function madeVictim(chance: Chance): Planted {
  return {
    pid: 1_000 + below(chance, 60_000),
    comm: pick(chance, ['java', 'python batch/ke', '(d-logind)', 'Web Content', 'kworker/u8:1']),
    containerId: hex(chance, 64),
    rssKb: 1 + below(chance, 9_000_000),
  };
}

/** Mutated blocks of several hosts, their lines mixed, and among them the whole report of a host of its own. */
export function madeCase(chance: Chance): Case {
  const streams: string[][] = [];
  for (let block = 0; block < 2 + below(chance, 8); block += 1) {
    const host = pick(chance, ['n1', 'n2', 'n3.example.com', '**', '<host>']);
    const prefix = chance() < 0.7 ? pick(chance, PREFIXES) : pick(chance, BARE);
    const start = START_SECOND + below(chance, 30);
    const texts = pick(chance, chance() < 0.4 ? REPORTS : OTHERS)(chance, madeVictim(chance));
    const pace = chance() < 0.9 ? 0 : 4;
    streams.push(
      mutated(
        chance,
        texts.map((text, index) => prefix(text, start + index * pace, host)),
      ),
    );
  }
  const planted = madeVictim(chance);
  const prefix = pick(chance, PREFIXES);
  const second = START_SECOND + below(chance, 30);
  streams.push(pick(chance, REPORTS)(chance, planted).map((text) => prefix(text, second, PLANT_HOST)));
  return { lines: mixed(chance, streams), planted };
}

function mixed(chance: Chance, streams: string[][]): string[] {
  const waiting = streams.map((lines) => [...lines]).filter((lines) => lines.length > 0);
  const lines: string[] = [];
  while (waiting.length > 0) {
    const from = below(chance, waiting.length);
    const run = 1 + below(chance, chance() < 0.5 ? 2 : 30);
    lines.push(...(waiting[from]?.splice(0, run) ?? []));
    if (waiting[from]?.length === 0) waiting.splice(from, 1);
  }
  return lines;
}

type Mutation = (line: string, chance: Chance) => string;

const MUTATIONS: readonly Mutation[] = [
  (line, chance) => line.slice(0, below(chance, line.length + 1)),
  (line, chance) => line.slice(below(chance, line.length + 1)),
  (line, chance) => insert(line, chance, '\u0000'),
  (line, chance) => insert(line, chance, '\u001b[31;1m'),
  (line, chance) => insert(line, chance, '\u001b]0;title\u0007'),
  (line, chance) => insert(line, chance, pick(chance, ['\ud800', '\ufffd', '\u202e', 'é', '日'])),
  (line, chance) =>
    insert(line, chance, pick(chance, ['<b>', '&amp;', '"', '\\', '[', ']', '{', '(', ')', ':', '='])),
  (line, chance) => insert(line, chance, pick(chance, [' ', '\t', '\r']).repeat(1 + below(chance, 5_000))),
  (line, chance) =>
    insert(
      line,
      chance,
      pick(chance, ['a', '[', '(', '/', '9', '=', 'Task in /', '"']).repeat(below(chance, 20_000)),
    ),
  (line) => `${line}${' x'.repeat(600_000)}`,
  (line) => line + line,
  () => '',
  (line, chance) => `~${below(chance, 4)}${pick(chance, ['', ' ', '= ', '. '])}${line}`,
  (line, chance) =>
    line.replace(/\d+/g, (digits) => (chance() < 0.2 ? '9'.repeat(below(chance, 40)) : digits)),
  (line, chance) =>
    JSON.stringify({ log: line, time: pick(chance, ['x', 1e300, -1, '2026-13-45T99:99:99Z']) }),
];
/** A line of a megabyte is made seldom, as it is slow to make. */
const SELDOM = 9;

function insert(line: string, chance: Chance, text: string): string {
  const at = below(chance, line.length + 1);
  return line.slice(0, at) + text + line.slice(at);
}

function mutated(chance: Chance, lines: readonly string[]): string[] {
  const often = chance() < 0.3 ? 0 : pick(chance, [0.02, 0.1, 0.5]);
  return lines.flatMap((line) => {
    if (chance() >= often) return [line];
    if (chance() < 0.15) return [];
    if (chance() < 0.1) return [line, line];
    const index = below(chance, MUTATIONS.length);
    const mutation = MUTATIONS[index === SELDOM && chance() < 0.95 ? 0 : index];
    return [mutation ? mutation(line, chance) : line];
  });
}

/**
 * One case: no parser throws or is slow, what comes out is bounded, a parser that goes on from stored lines tells
 * the same, bytes cut anywhere tell the same, and the planted report is found. `now`: a clock in ms. Null: all well.
 */
export async function fuzzCase(seed: number, now: () => number): Promise<FuzzFailure | null> {
  const chance = chanceOf(seed);
  const { lines, planted } = madeCase(chance);
  // A newline within a line is the end of it.
  const fed = lines.flatMap((line) => line.split('\n'));
  const split = below(chance, fed.length + 1);
  const failing = async (some: readonly string[], at: number): Promise<string | null> => {
    try {
      return checkLines(some, at, now) ?? (await checkBytes(some, chanceOf(seed + 1)));
    } catch (thrown) {
      return `threw ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`;
    }
  };
  const what = (await failing(fed, split)) ?? checkPlanted(fed, planted);
  if (what === null) return null;
  return {
    seed,
    what,
    lines: await smallest(fed, split, async (some, at) => (await failing(some, at)) !== null),
  };
}

/** Leaves lines out as long as it still fails. */
async function smallest(
  lines: readonly string[],
  split: number,
  fails: (lines: readonly string[], split: number) => Promise<boolean>,
): Promise<string[]> {
  let kept = [...lines];
  let at = split;
  if (!(await fails(kept, at))) return kept;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      const gone = Math.max(0, Math.min(at, from + size) - from);
      if (await fails(fewer, at - gone)) {
        kept = fewer;
        at -= gone;
      } else from += size;
    }
  }
  return kept;
}

function checkLines(lines: readonly string[], split: number, now: () => number): string | null {
  const whole = createLogParser(OPTIONS);
  const first = createLogParser(OPTIONS);
  for (const [index, line] of lines.entries()) {
    const start = now();
    whole.feed(line);
    if (now() - start > LINE_BUDGET_MS)
      return `line ${index} of ${line.length} characters took ${now() - start} ms`;
    if (index < split) first.feed(line);
  }
  const facts = whole.end();
  const before = first.take();
  const resumed = resume(first);
  if (resumed === null) return 'what is open is too much';
  const early = resumed.take();
  if (early.length > 0) return `feeding open lines again told ${early.length} facts`;
  for (const line of lines.slice(split)) resumed.feed(line);
  const parts = [...before, ...resumed.end()];
  if (!sameFacts(facts, parts)) return `split at ${split} tells other facts: ${difference(facts, parts)}`;
  return checkBounds(facts, lines.length);
}

function resume(parser: LogParser): LogParser | null {
  const open = parser.open();
  const size = open.reduce(
    (sum, { lines }) => sum + lines.reduce((inner, line) => inner + line.length, 0),
    0,
  );
  if (size > MAX_OPEN_BYTES) return null;
  const resumed = createLogParser(OPTIONS);
  for (const { lines } of open) for (const line of lines) resumed.feed(line);
  return resumed;
}

/** In any order: the blocks of several hosts are closed at the end one after the other. */
function sameFacts(some: readonly LogFact[], others: readonly LogFact[]): boolean {
  const sorted = (facts: readonly LogFact[]): string =>
    JSON.stringify(facts.map((fact) => JSON.stringify(fact)).sort());
  return sorted(some) === sorted(others);
}

function difference(some: readonly LogFact[], others: readonly LogFact[]): string {
  const texts = new Set(others.map((fact) => JSON.stringify(fact)));
  const missing = some.find((fact) => !texts.has(JSON.stringify(fact)));
  return `${some.length} and ${others.length}, ${JSON.stringify(missing)?.slice(0, 600)}`;
}

function checkBounds(facts: readonly LogFact[], lineCount: number): string | null {
  if (facts.length > (lineCount + 1) * MAX_FACTS_PER_LINE)
    return `${facts.length} facts of ${lineCount} lines`;
  for (const fact of facts) {
    if (!('signal' in fact)) continue;
    const { signal } = fact;
    if (signal.lines.length > 200 || signal.lines.some(({ length }) => length > 1_000))
      return 'too much proof';
    if (signal.processes.length > 256) return 'too many processes';
    const numbers = numbersOf(signal);
    if (numbers.some((number) => !Number.isSafeInteger(number) || number < 0)) return `no count: ${numbers}`;
    if (signal.at && Number.isNaN(signal.at.getTime())) return 'no time';
    if (signalSentence(signal).length > 4_000) return 'a sentence too long';
  }
  return null;
}

function numbersOf(signal: LogSignal): number[] {
  const { killedPid, limitKb, usageKb, failcnt, anonRssKb, totalVmKb } = signal;
  return [killedPid, limitKb, usageKb, failcnt, anonRssKb, totalVmKb].filter((number) => number !== null);
}

/** The same through `parseLog`, its bytes cut at any place. */
async function checkBytes(lines: readonly string[], chance: Chance): Promise<string | null> {
  const parser = createLogParser(OPTIONS);
  // Stored lines are none of a log's.
  if (lines.some((line) => line.startsWith('~'))) return null;
  // What has no place in UTF-8 becomes the replacement character in both.
  const text = new TextDecoder().decode(new TextEncoder().encode(lines.join('\n')));
  for (const line of text.split('\n')) parser.feed(line.replace(/\r$/, ''));
  const facts: LogFact[] = [];
  for await (const fact of parseLog(pieces(new TextEncoder().encode(text), chance), OPTIONS))
    facts.push(fact);
  const others = parser.end();
  return sameFacts(facts, others) ? null : `bytes tell other facts than lines: ${difference(facts, others)}`;
}

async function* pieces(bytes: Uint8Array, chance: Chance): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; ) {
    const size = 1 + below(chance, pick(chance, [3, 200, 70_000]));
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

function checkPlanted(lines: readonly string[], planted: Planted): string | null {
  const parser = createLogParser(OPTIONS);
  for (const line of lines) parser.feed(line);
  const found = parser.end().some((fact) => {
    if (!('signal' in fact) || fact.signal.host !== PLANT_HOST) return false;
    const { killedPid, killedComm, containerId, anonRssKb } = fact.signal;
    return (
      killedPid === planted.pid &&
      killedComm === planted.comm &&
      containerId === planted.containerId &&
      anonRssKb === planted.rssKb
    );
  });
  return found ? null : `the planted report of ${planted.containerId} was not found`;
}
