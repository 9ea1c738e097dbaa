import type { LogFact } from '@/lib/domain/log-signal';
import { executorIn, isNoOthersLine } from './agent-line';
import { containerIn } from './line-container';
import type { LogLine } from './log-line';
import { newSignal } from './new-signal';
import type { BlockParser } from './source-parser';

/**
 * The memory isolator's report: `OOM detected for container`, the limit and the peak, the cgroup's statistics (lines
 * of `name bytes` without a prefix), and the containerizer's word that the container goes. Sources: Mesos
 * src/slave/containerizer/mesos/isolators/cgroups/subsystems/memory.cpp and cgroups/mem.cpp before 1.2,
 * cgroups2/controllers/memory.cpp, containerizer.cpp; cgroups_isolator.cpp of 0.1x.
 */
export const mesosOomReportParser: BlockParser = {
  needles: [
    'OOM detected for ',
    'Memory limit exceeded: ',
    'has reached its limit for resource',
    ' is out of memory',
  ],
  role(line, block) {
    if (!isNoOthersLine(line)) return { role: null };
    const text = line.message.slice(0, MAX_LOOKED);
    if (DETECTED.test(text)) return { role: 'open' };
    // Databases say these words of their queries, so alone they are none.
    if (block !== null && EXCEEDED_ALONE.test(text)) return { role: 'more', mark: 'limit' };
    if (EXCEEDED.test(text)) {
      const follows = block !== null && !block.marks.has('limit');
      return { role: follows ? 'more' : 'open', mark: 'limit' };
    }
    if (REACHED.test(text))
      return { role: block !== null && isSameContainer(block.lines, text) ? 'last' : 'open' };
    if (block?.marks.has('limit') && STATISTIC.test(text)) return { role: 'more' };
    return { role: null };
  },
  weight: (line) => (STATISTIC.test(line.message) ? 0 : Number.POSITIVE_INFINITY),
  parse: parseMesosOom,
};

const MAX_LOOKED = 8_192;
const DETECTED =
  /\bOOM detected for (?:the |an )?(?:already )?(?:terminated )?(?:container|executor)(?=\s|$|[0-9a-f]{8}-)/;
const EXCEEDED =
  /\bMemory limit exceeded: (?:Requested: ([\d.]{1,16})([KMGT]?B) )?Maximum Used: ([\d.]{1,16})([KMGT]?B)/;
/** Of version 2 of cgroups, where neither limit nor peak is told. */
const EXCEEDED_ALONE = /\bMemory limit exceeded: ?$/;
const REACHED =
  /\bContainer \S{1,200} has reached its limit for resource (?:mem\b|\[[^\n]{0,200}"name":"mem")/;
const STATISTIC =
  /^(?:MEMORY STATISTICS(?: post-OOM)?: ?|[a-z][a-z0-9_]{1,40} \d{1,20}|[a-z]{1,12}: [\d.]{1,16}[KMGT]?B)$/;
const RSS = /^(?:rss|anon):? ([\d.]{1,20})([KMGT]?B)?$/;

function isSameContainer(lines: readonly LogLine[], text: string): boolean {
  const id = containerIn(text);
  return lines.every(({ message }) => {
    const other = DETECTED.test(message) ? containerIn(message) : null;
    return other === null || id === null || other === id;
  });
}

function parseMesosOom(lines: readonly LogLine[]): LogFact[] {
  const first = lines[0];
  if (first === undefined) return [];
  const texts = lines.map(({ message }) => message.slice(0, MAX_LOOKED));
  const exceeded = find(texts, EXCEEDED);
  const rss = find(texts, RSS);
  const told = texts.map((text) => containerIn(text) ?? uuidOf(text)).find((id) => id !== null);
  const executor = texts.map(executorIn).find(({ taskId }) => taskId !== null);
  return [
    {
      signal: newSignal('mesos_agent_oom_report', 'mesos_agent', first, {
        at: lines.find(({ at }) => at !== null)?.at ?? null,
        host: lines.find(({ host }) => host !== null)?.host ?? null,
        containerId: told ?? null,
        orchestrator: 'mesos',
        limitKb: exceeded ? kilobytes(exceeded[1], exceeded[2]) : null,
        usageKb: exceeded ? kilobytes(exceeded[3], exceeded[4]) : null,
        anonRssKb: rss ? kilobytes(rss[1], rss[2] ?? 'B') : null,
        taskId: executor?.taskId ?? null,
        frameworkId: executor?.frameworkId ?? null,
        lines: newLines(lines),
      }),
    },
  ];
}

function newLines(lines: readonly LogLine[]): string[] {
  return lines
    .slice(0, 200)
    .flatMap((line) => newSignal('mesos_agent_oom_report', 'mesos_agent', line).lines);
}

function find(texts: readonly string[], pattern: RegExp): RegExpExecArray | null {
  for (const text of texts) {
    const found = pattern.exec(text);
    if (found) return found;
  }
  return null;
}

/** `OOM detected for executor E of framework F with uuid <uuid>`: Mesos 0.1x. */
function uuidOf(text: string): string | null {
  return /\bwith uuid ([0-9a-f-]{36})\b/.exec(text)?.[1] ?? null;
}

const KILOBYTES: Record<string, number> = { B: 1 / 1024, KB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 };

/** stout's Bytes: `160MB`, the largest unit that divides it. */
function kilobytes(value: string | undefined, unit: string | undefined): number | null {
  const kb = Math.round(Number(value) * (KILOBYTES[unit ?? ''] ?? Number.NaN));
  return Number.isSafeInteger(kb) ? kb : null;
}
