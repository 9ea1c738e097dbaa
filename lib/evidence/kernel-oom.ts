import type { LogFact, LogSignal, OomProcess } from '@/lib/domain/log-signal';
import { containerOf, idOfSegment, orchestratorOf } from './cgroup-path';
import { fromKernel } from './kernel-line';
import { type OomLine, readOomLine, type Scope } from './kernel-oom-line';
import type { LogLine } from './log-line';
import { MAX_PROOF_LINE, newSignal } from './new-signal';
import type { Block, BlockParser, BlockRole } from './source-parser';

const PAGE_KB = 4;
const MAX_PROCESSES = 256;
const MAX_PROOF_LINES = 200;
/** A cgroup without a limit has the largest number of pages for one: 2^63 bytes, as kB. */
const NO_LIMIT_KB = 2 ** 52;

/**
 * What other programs of the host say within moments of a kill whose report was cut off: a container ended.
 * systemd's unit of a container, containerd's shim, Docker's own event.
 */
const CONTAINER_ENDED =
  /(?:Stopped (?:docker|libcontainer) container |shim (?:reaped|disconnected)\b.{0,80}?\bid=|topic=\/tasks\/(?:exit|oom|delete).{0,200}?container=|container=)([0-9a-f]{64})\b|docker-([0-9a-f]{64})\.scope: (?:Succeeded|Deactivated|Failed|Consumed|Main process exited|A process)/;
const ENDED_WITHIN_MS = 1_000;

/**
 * The kernel's reports of out-of-memory kills, one signal for each process killed. A report is whole with its
 * `Killed process` line; one that lacks it is told as far as it goes once the log is further. What decides between
 * a container's limit and the host's memory, strongest first: the words of the kill line (`Memory cgroup out of
 * memory`), the constraint of the `oom-kill:` line, `Task in … limit of`, a cgroup's usage or statistics, the
 * host's memory figures (`Mem-Info`), stack frames of a cgroup's charge, a container's name as the cpuset, and at
 * last the mask of the allocation. A `Killed process` line with none of these waits for what comes after it: alone
 * it is taken for a container's limit, the likelier where every container has one, and since a host out of memory
 * prints a hundred lines of figures more, of which one would have been seen.
 */
export const kernelOomParser: BlockParser = {
  needles: [
    'invoked oom-killer',
    'Task in /',
    'killed as a result of limit',
    'memory: usage ',
    'Memory cgroup stats for',
    'Memory limit reached of cgroup',
    'mems_allowed=',
    'oom-kill:',
    'ut of memory',
    'Killed process',
    'memory.oom.group set',
    'total_vm ',
    'SLUB: Unable to allocate memory',
  ],
  role,
  weight,
  parse,
};

function role(line: LogLine, block: Block | null): { role: BlockRole; mark?: string | undefined } {
  if (!fromKernel(line)) return roleOfOther(line, block);
  const found = readOomLine(line.message);
  if (!found) return roleOfOther(line, block);
  const marks = block?.marks ?? new Set<string>();
  const has = (...kinds: string[]): boolean => kinds.some((kind) => marks.has(kind));
  const { kind } = found;
  switch (kind) {
    case 'invoked':
      return { role: block && [...marks].every((mark) => mark === 'slab') ? 'more' : 'open', mark: kind };
    case 'task_in':
      return { role: has('task_in', 'oom_kill', 'kill', 'bare', 'group') ? 'open' : 'more', mark: kind };
    case 'usage':
      return { role: has('usage', 'oom_kill', 'kill', 'bare', 'group') ? 'open' : 'more', mark: kind };
    case 'header':
      return { role: has('header', 'oom_kill', 'kill', 'bare', 'group') ? 'open' : 'more', mark: kind };
    case 'cpuset':
      return { role: has('cpuset', 'bare', 'group') ? 'open' : 'more', mark: kind };
    case 'oom_kill':
      return {
        role: has('oom_kill', 'kill', 'bare', 'group') ? 'open' : 'more',
        mark: kind,
      };
    case 'kill':
      return { role: has('kill', 'bare', 'group') ? 'open' : 'more', mark: kind };
    case 'killed':
    case 'exiting':
      return roleOfKilled(found, block);
    case 'no_victim':
      return { role: block && !has('bare', 'group') ? 'last' : 'alone' };
    case 'group':
      return { role: !block || has('bare', 'group') ? 'open' : 'more', mark: kind };
    case 'stats':
      return { role: has('bare', 'group') ? 'open' : 'more', mark: kind };
    case 'slab':
      return { role: block || found.containerName === null ? 'more' : null, mark: kind };
    case 'reaper':
      return { role: has('bare') ? 'more' : null };
    case 'row':
    case 'memcg_frame':
    case 'mem_info':
    case 'context':
      return { role: block && !has('bare', 'group') ? 'more' : null };
  }
}

/** Between a bare kill line and what tells whose it was, lines of other programs count. */
function roleOfOther(line: LogLine, block: Block | null): { role: BlockRole } {
  if (!block?.marks.has('bare')) return { role: null };
  return { role: CONTAINER_ENDED.test(line.message) ? 'more' : null };
}

type Kill = Extract<OomLine, { kind: 'killed' | 'exiting' }>;

function roleOfKilled(kill: Kill, block: Block | null): { role: BlockRole; mark?: string } {
  const inGroup = block?.marks.has('group');
  // The first victim of a group was told already, and is found again while the rest is killed.
  if (inGroup && kill.kind === 'exiting') return { role: null };
  if (inGroup) return { role: 'also' };
  const ofBlock = block !== null && belongs(kill, block);
  if (ofBlock) return { role: 'last' };
  return kill.scope === null ? { role: 'open', mark: 'bare' } : { role: 'alone' };
}

/** Whether a kill line ends this report, and not another one whose head was not printed (the kernel rations heads). */
function belongs(kill: Kill, block: Block): boolean {
  if (block.marks.has('bare') || [...block.marks].every((mark) => mark === 'slab')) return false;
  const report = readReport(block.lines);
  const scope =
    report.killLine?.scope ?? (report.oomKill ? (report.oomKill.memcg ? 'memcg' : 'global') : null);
  if (kill.scope !== null && scope !== null && kill.scope !== scope) return false;
  const chosen = report.killLine ?? report.oomKill;
  if (!chosen || chosen.pid === kill.pid || chosen.comm === kill.comm) return true;
  // Before Linux 5.3 a child may be taken in the place of the one that was chosen.
  return report.killLine?.orChild === true || chosen.pid === null;
}

function weight(line: LogLine): number {
  const found = readOomLine(line.message);
  if (found?.kind === 'row') return found.rssPages;
  if (found?.kind === 'context' || found?.kind === 'mem_info' || found?.kind === 'reaper') return -1;
  if (found?.kind === 'memcg_frame' || found?.kind === 'stats' || found?.kind === 'slab') return -1;
  return Number.POSITIVE_INFINITY;
}

type Kind = OomLine['kind'];
type Of<K extends Kind> = Extract<OomLine, { kind: K }>;

/** What the lines of a report say, the first of each kind; `victim` is the line that names who was killed. */
type Report = {
  invoked: Of<'invoked'> | null;
  cpuset: Of<'cpuset'> | null;
  taskIn: Of<'task_in'> | null;
  usage: Of<'usage'> | null;
  stats: Of<'stats'> | null;
  oomKill: Of<'oom_kill'> | null;
  killLine: Of<'kill'> | null;
  killed: Kill | null;
  noVictim: Of<'no_victim'> | null;
  group: Of<'group'> | null;
  slabContainer: string | null;
  memcgFrame: 'none' | 'guess' | 'sure';
  memInfo: boolean;
  table: boolean;
  slabOnly: boolean;
  victim: LogLine | null;
  processes: OomProcess[];
};

function readReport(lines: readonly LogLine[]): Report {
  const report: Report = {
    invoked: null,
    cpuset: null,
    taskIn: null,
    usage: null,
    stats: null,
    oomKill: null,
    killLine: null,
    killed: null,
    noVictim: null,
    group: null,
    slabContainer: null,
    memcgFrame: 'none',
    memInfo: false,
    table: false,
    slabOnly: true,
    victim: null,
    processes: [],
  };
  let columns: number | null = null;
  for (const line of lines) {
    const found = readOomLine(line.message);
    if (!found) continue;
    if (found.kind === 'header') columns = found.columns;
    if (found.kind === 'row') report.processes.push(processOf(found, columns));
    note(report, found);
    if (found.kind === 'killed' || found.kind === 'exiting') report.victim = line;
    if ((found.kind === 'kill' || found.kind === 'oom_kill') && !report.killed) report.victim = line;
  }
  return report;
}

function note(report: Report, found: OomLine): void {
  if (found.kind !== 'slab' && found.kind !== 'context') report.slabOnly = false;
  switch (found.kind) {
    case 'invoked':
      report.invoked ??= found;
      break;
    case 'cpuset':
      report.cpuset ??= found;
      break;
    case 'task_in':
      report.taskIn ??= found;
      break;
    case 'usage':
      report.usage ??= found;
      break;
    case 'stats':
      report.stats ??= found;
      break;
    case 'oom_kill':
      report.oomKill ??= found;
      break;
    case 'kill':
      report.killLine ??= found;
      break;
    case 'killed':
    case 'exiting':
      report.killed ??= found;
      break;
    case 'no_victim':
      report.noVictim ??= found;
      break;
    case 'group':
      report.group ??= found;
      break;
    case 'slab':
      report.slabContainer ??= found.containerName === null ? null : idOfSegment(found.containerName);
      break;
    case 'memcg_frame':
      if (report.memcgFrame !== 'sure') report.memcgFrame = found.sure ? 'sure' : 'guess';
      break;
    case 'mem_info':
      report.memInfo = true;
      break;
    case 'header':
    case 'row':
      report.table = true;
      break;
    case 'reaper':
    case 'context':
      break;
  }
}

/** `columns`: how many numbers stand between the resident pages and the name; null: the table's head was cut off. */
function processOf(row: Of<'row'>, columns: number | null): OomProcess {
  const words = row.rest.split(/ +/);
  let numbers = columns ?? 0;
  if (columns === null)
    while (numbers < words.length - 1 && /^-?\d+$/.test(words[numbers] ?? '')) numbers += 1;
  const name = words.slice(numbers).join(' ').trim() || (words.at(-1) ?? '');
  return { pid: row.pid, name: name.slice(0, 64), rssKb: row.rssPages * PAGE_KB };
}

function parse(lines: readonly LogLine[]): LogFact[] {
  const report = readReport(lines);
  const first = lines[0];
  if (!first || report.slabOnly) return [];
  // A group's line alone repeats a kill that was told; with kills after it, those are told one by one.
  if (report.group && !report.killed && !report.oomKill && !report.taskIn && !report.invoked) return [];
  const scope = scopeOf(report);
  const line = report.victim ?? lines.findLast((each) => readOomLine(each.message) !== null) ?? first;
  const signal = newSignal(scope === 'memcg' ? 'memcg_oom' : 'global_oom', 'kernel', line, {
    host: line.host ?? first.host,
    at: line.at ?? lines.findLast(({ at }) => at !== null)?.at ?? null,
    uptimeSeconds:
      line.uptimeSeconds ?? lines.findLast((each) => each.uptimeSeconds !== null)?.uptimeSeconds ?? null,
    ...placeOf(report, scope, lines),
    ...victimOf(report),
    invokedBy: report.invoked?.comm ?? null,
    ...(scope === 'memcg' ? sizesOf(report) : {}),
    processes: largest(report.processes),
    lines: proofOf(lines),
  });
  return [{ signal }];
}

function scopeOf(report: Report): Exclude<Scope, null> {
  const told = report.killed?.scope ?? report.killLine?.scope;
  if (told) return told;
  if (report.oomKill) return report.oomKill.memcg ? 'memcg' : 'global';
  if (report.taskIn || report.usage || report.stats || report.group) return 'memcg';
  // Since Linux 4.19 its words are the same for a cgroup and the host.
  if (report.noVictim?.scope) return report.noVictim.scope;
  if (report.memcgFrame === 'sure') return 'memcg';
  if (report.memInfo) return 'global';
  if (report.memcgFrame === 'guess') return 'memcg';
  if (report.cpuset && idOfSegment(report.cpuset.name)) return 'memcg';
  if (report.invoked) return report.invoked.ofMemcg ? 'memcg' : 'global';
  return report.killed && !report.table ? 'memcg' : 'global';
}

function placeOf(report: Report, scope: Scope, lines: readonly LogLine[]): Partial<LogSignal> {
  const { oomKill, taskIn, stats, group, cpuset } = report;
  const cgroup = oomKill?.cgroup ?? taskIn?.cgroup ?? group?.cgroup ?? null;
  const limitCgroup =
    scope === 'memcg' ? (oomKill?.limitCgroup ?? taskIn?.limitCgroup ?? stats?.cgroup ?? null) : null;
  const path = cgroup ?? limitCgroup;
  // The asker's cgroup is the victim's only where both are under one limit.
  const named = scope === 'memcg' && path === null ? (cpuset?.name ?? null) : null;
  const byName = named === null ? null : idOfSegment(named);
  const containerId =
    (path === null ? byName : containerOf(path)) ??
    (path === null ? (report.slabContainer ?? endedAfter(lines)) : null);
  return {
    cgroup,
    limitCgroup,
    containerId,
    orchestrator: path === null ? ofName(named) : orchestratorOf(path),
  };
}

/** A cgroup's bare name tells who runs it only where it is a scope's. */
function ofName(named: string | null): LogSignal['orchestrator'] {
  const orchestrator = named === null ? 'other' : orchestratorOf(`/${named}`);
  return orchestrator === 'other' || orchestrator === 'systemd' ? null : orchestrator;
}

/** The one container that ended within a second of a bare kill line. Null: none, or more than one. */
function endedAfter(lines: readonly LogLine[]): string | null {
  const killed = lines[0];
  const ids = new Set<string>();
  for (const line of lines) {
    const found = fromKernel(line) && readOomLine(line.message) ? null : CONTAINER_ENDED.exec(line.message);
    const apart = killed?.at && line.at ? Math.abs(line.at.getTime() - killed.at.getTime()) : 0;
    const id = found?.[1] ?? found?.[2];
    if (id && apart <= ENDED_WITHIN_MS) ids.add(id);
  }
  return ids.size === 1 ? ([...ids][0] ?? null) : null;
}

/** Of the process that was killed; the chosen thread counts only where the kill itself was not seen. */
function victimOf(report: Report): Partial<LogSignal> {
  const { killed } = report;
  const chosen = killed ?? report.killLine ?? report.oomKill;
  return {
    killedPid: chosen?.pid ?? null,
    killedComm: chosen?.comm ?? null,
    anonRssKb: killed?.kind === 'killed' ? killed.anonRssKb : null,
    totalVmKb: killed?.kind === 'killed' ? killed.totalVmKb : null,
  };
}

function sizesOf({ usage }: Report): Partial<LogSignal> {
  if (!usage) return {};
  return {
    usageKb: Number.isSafeInteger(usage.usageKb) ? usage.usageKb : null,
    limitKb: usage.limitKb < NO_LIMIT_KB ? usage.limitKb : null,
    failcnt: Number.isSafeInteger(usage.failcnt) ? usage.failcnt : null,
  };
}

function largest(processes: readonly OomProcess[]): OomProcess[] {
  if (processes.length <= MAX_PROCESSES) return [...processes];
  const least = [...processes].sort((a, b) => (b.rssKb ?? 0) - (a.rssKb ?? 0))[MAX_PROCESSES - 1]?.rssKb ?? 0;
  return processes.filter(({ rssKb }) => (rssKb ?? 0) >= least).slice(0, MAX_PROCESSES);
}

/** At most 200 lines: all that say something first, then as many rows of the table as fit, the largest. */
function proofOf(lines: readonly LogLine[]): string[] {
  const raws = lines.flatMap((line) => line.raw.split('\n', 8).map((raw) => ({ raw, weight: weight(line) })));
  const told = raws.filter(({ raw }) => raw.trim() !== '');
  let kept = told;
  if (told.length > MAX_PROOF_LINES) {
    const byWorth = [...told].sort((a, b) => worth(b.weight) - worth(a.weight)).slice(0, MAX_PROOF_LINES);
    const set = new Set(byWorth);
    kept = told.filter((each) => set.has(each));
  }
  return kept.map(({ raw }) => raw.slice(0, MAX_PROOF_LINE));
}

/** Context before rows of small processes, rows of large ones before context. */
function worth(ofLine: number): number {
  return ofLine < 0 ? 1_000 : ofLine;
}
