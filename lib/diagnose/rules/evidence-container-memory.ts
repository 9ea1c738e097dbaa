import type { Proof } from '@/lib/domain/cause';
import type { TiedSignal } from '@/lib/domain/evidence';
import type { LogSignal } from '@/lib/domain/log-signal';
import type { Facts } from '@/lib/domain/verdict';

import { limitLine, limitOwner, mayBeThisContainers } from '../limit-owner';
import { memoryAdvice } from '../memory-advice';
import type { Reading } from '../reading';
import type { EvidenceRule, Finding } from '../rule';
import {
  citedLine,
  containerOf,
  hostOf,
  isBetterTied,
  isById,
  isWithin,
  megabytes,
  processOf,
  secondsBefore,
  thousands,
  tieLine,
  tiesOf,
  timeOf,
} from '../ties';
import { ofApp } from '../wording';

// Clocks of host and agent may differ by 90 s; the status follows the kill within seconds.
const WINDOW = { before: 120, after: 120 };
// Without an exit that says SIGKILL, only a kill right at the end proves that it was the end's reason.
const AT_ONCE = { before: 15, after: 5 };
const UNTOLD: ReadonlySet<string> = new Set(['unknown', 'executor_terminated']);

/** The kernel, or Mesos's memory isolator, killed it at a container's memory limit, and a log of the host says so. */
export const evidenceContainerMemory: EvidenceRule = {
  id: 'evidence-container-memory',
  matches(facts, reading, told) {
    if (!canBeMemory(facts, told)) return null;
    const tie = memoryTie(facts);
    if (tie === null) return null;
    const proof = proofOf(facts, reading, told, tie);
    if (proof === null) return null;
    const { signal } = tie;
    return {
      cause: 'oom_cgroup_limit',
      disposition: 'failure',
      proof,
      ...(reading.signal === null && (reading.exit === null || reading.exit.from !== 'mesos')
        ? { signal: 'SIGKILL' }
        : {}),
      summary: summaryOf(facts, tie, proof),
      because: [
        ...memoryKillLines(facts, tie),
        ...(reading.exit?.code === 137 ? ['Exit code 137 is 128 + 9: SIGKILL, which the kernel sends.'] : []),
        ...(told.cause === 'oom_cgroup_limit' ? told.because : []),
      ],
      advice: memoryAdvice(facts, signal),
    };
  },
};

/** Ends that a memory kill can explain by itself: SIGKILL, or nothing told. KILLED needs its own look. */
function canBeMemory(facts: Facts, told: Finding): boolean {
  if (facts.state === 'TASK_KILLED' || facts.state === 'TASK_FINISHED')
    return told.cause === 'oom_cgroup_limit';
  return told.cause === 'sigkill_137_unproven' || told.cause === 'oom_cgroup_limit' || UNTOLD.has(told.cause);
}

function memoryTie(facts: Facts): TiedSignal | null {
  const ties = tiesOf(facts, ['memcg_oom', 'mesos_agent_oom_report']).filter(({ signal }) =>
    isWithin(facts, signal, WINDOW),
  );
  const [first] = ties;
  if (first === undefined || isBetterTied(facts, 'global_oom', first)) return null;
  // The kernel's report names the process, the agent's does not.
  const kernels = ties.find((tie) => tie.signal.signature === 'memcg_oom' && tie.proof === first.proof);
  return kernels ?? first;
}

function proofOf(facts: Facts, reading: Reading, told: Finding, tie: TiedSignal): Proof | null {
  if (isById(tie)) {
    if (told.cause === 'oom_cgroup_limit' && told.proof === 'proven') return 'proven';
    if (reading.signal?.name === 'SIGKILL') return tie.proof;
    return tie.proof === 'proven' && !isWithin(facts, tie.signal, AT_ONCE) ? 'likely' : tie.proof;
  }
  // Mesos said it without a log, and a log tied by time alone adds nothing to that.
  if (told.cause === 'oom_cgroup_limit') return null;
  if (!mayBeThisContainers(facts, tie.signal)) return null;
  if (tie.proof !== 'possible') return 'likely';
  // Whichever of several kills it was: each was at a limit of this size, and this task died of SIGKILL. One kill that may
  // have been another end's is no more than that.
  return tie.by === 'time_and_size' && tie.candidates > 1 && reading.signal?.name === 'SIGKILL'
    ? 'likely'
    : 'possible';
}

function summaryOf(facts: Facts, tie: TiedSignal, proof: Proof): string {
  const { signal } = tie;
  const limit = signal.limitKb === null ? '' : ` of ${megabytes(signal.limitKb)}`;
  if (!isById(tie)) {
    return `The container${ofApp(facts)} ${proof === 'possible' ? 'may have been' : 'was most likely'} killed at its memory limit${limit}: the kernel killed ${processOf(signal)}${hostOf(signal)}${timeOf(signal)} ${signal.limitKb === null ? 'for memory' : 'at such a limit'}, and no line says whose container that was.`;
  }
  const owner = limitOwner(signal);
  const whose = owner.isOwn ? 'its memory limit' : `the memory limit of ${owner.name}`;
  const usage = signal.usageKb === null ? '' : `, ${megabytes(signal.usageKb)} in use`;
  return signal.signature === 'mesos_agent_oom_report'
    ? `The container${containerOf(signal)}${ofApp(facts)} reached ${whose}${limit}${usage}, and the Mesos agent${hostOf(signal)} ended it${timeOf(signal)}.`
    : `The kernel${hostOf(signal)} killed ${processOf(signal)} in container${containerOf(signal)}${ofApp(facts)}${timeOf(signal)}, at ${whose}${limit}${usage}.`;
}

/** The facts of a memory kill, one a line: what was killed, the numbers, whose limit, why it is about this task. */
export function memoryKillLines(facts: Facts, tie: TiedSignal): string[] {
  const { signal } = tie;
  const line = citedLine(signal);
  return [
    ...(line === '' ? [] : [`Log${hostOf(signal)}: ${line}`]),
    ...usageLines(signal),
    ...limitLine(facts, signal),
    `Tied to this task: ${tieLine(tie)}`,
    ...distanceLine(facts, signal),
  ];
}

function usageLines(signal: LogSignal): string[] {
  const numbers = [
    signal.usageKb === null ? null : `memory used ${thousands(signal.usageKb)} kB`,
    signal.limitKb === null ? null : `limit ${thousands(signal.limitKb)} kB`,
    signal.failcnt === null ? null : `the limit was hit ${thousands(signal.failcnt)} times`,
    signal.anonRssKb === null ? null : `the process held ${thousands(signal.anonRssKb)} kB (anon-rss)`,
  ].filter((text) => text !== null);
  return numbers.length === 0 ? [] : [`The kernel's numbers: ${numbers.join(', ')}.`];
}

function distanceLine(facts: Facts, signal: LogSignal): string[] {
  const seconds = secondsBefore(facts, signal);
  if (seconds === null) return [];
  const size = Math.abs(seconds);
  const words = size < 1 ? `${Math.round(size * 1000)} ms` : `${Number(size.toFixed(1))} s`;
  return seconds >= 0
    ? [`It happened ${words} before the task's status.`]
    : [
        `By the host's clock it happened ${words} after the task's status: the clocks differ by at least that.`,
      ];
}
