import type { TiedSignal } from '@/lib/domain/evidence';
import type { LogSignal } from '@/lib/domain/log-signal';
import type { Facts } from '@/lib/domain/verdict';

import type { Reading } from '../reading';
import type { EvidenceRule, Finding } from '../rule';
import {
  citedLine,
  containerOf,
  hostOf,
  isById,
  isWithin,
  megabytes,
  processOf,
  tieLine,
  tiesOf,
  timeOf,
} from '../ties';
import { excerpt, ofApp } from '../wording';

const WINDOW = { before: 120, after: 120 };
const EXPLAINED: ReadonlySet<string> = new Set([
  'unknown',
  'executor_terminated',
  'sigkill_137_unproven',
  'oom_host',
]);
const LARGEST = 3;

/** The whole host ran out of memory, and its kernel chose a process of this container. */
export const evidenceHostMemory: EvidenceRule = {
  id: 'evidence-host-memory',
  matches(facts, reading, told) {
    if (facts.state === 'TASK_KILLED' || facts.state === 'TASK_FINISHED' || !EXPLAINED.has(told.cause))
      return null;
    const tie = tiesOf(facts, ['global_oom']).find(({ signal }) => isWithin(facts, signal, WINDOW));
    if (tie === undefined) return null;
    const { signal } = tie;
    const byId = isById(tie);
    return {
      cause: 'oom_host',
      disposition: 'failure',
      proof: proofOf(reading, told, tie),
      ...(reading.signal === null && reading.exit === null ? { signal: 'SIGKILL' } : {}),
      summary: byId
        ? `The host${nameOf(signal)} ran out of memory, and its kernel killed ${processOf(signal)} in container${containerOf(signal)}${ofApp(facts)}${timeOf(signal)}: the container was below its own limit.`
        : `The host${nameOf(signal)} ran out of memory${timeOf(signal)} and its kernel killed ${processOf(signal)}: ${tie.proof === 'possible' ? 'it may have been' : 'most likely'} this task${ofApp(facts)}, which the log does not name.`,
      because: [
        ...(citedLine(signal) === '' ? [] : [`Log${hostOf(signal)}: ${citedLine(signal)}`]),
        "The kernel's report is about the whole host (global), not about a container's limit.",
        ...largestLine(signal),
        `Tied to this task: ${tieLine(tie)}`,
      ],
      advice: adviceOf(facts, signal),
    };
  },
};

function proofOf(reading: Reading, told: Finding, tie: TiedSignal) {
  if (!isById(tie)) return tie.proof === 'possible' ? 'possible' : 'likely';
  return tie.proof === 'proven' && reading.signal?.name !== 'SIGKILL' && told.cause !== 'unknown'
    ? 'likely'
    : tie.proof;
}

function nameOf({ host }: LogSignal): string {
  return host === null ? '' : ` ${excerpt(host, 80)}`;
}

function largest({ processes }: LogSignal): string[] {
  return processes
    .filter(({ rssKb }) => rssKb !== null)
    .toSorted((a, b) => (b.rssKb ?? 0) - (a.rssKb ?? 0))
    .slice(0, LARGEST)
    .map(({ name, pid, rssKb }) => `${excerpt(name, 40)} (pid ${pid}) ${megabytes(rssKb ?? 0)}`);
}

function largestLine(signal: LogSignal): string[] {
  const names = largest(signal);
  return names.length === 0 ? [] : [`Largest processes of the host at that moment: ${names.join(', ')}.`];
}

function adviceOf(facts: Facts, signal: LogSignal): string[] {
  const names = largest(signal);
  const host = signal.host === null ? 'the host' : excerpt(signal.host, 80);
  return [
    `Raising the app's \`mem\`${facts.memMb === null ? '' : ` (${facts.memMb} MB)`} does not help: the host was full, not the container.`,
    names.length === 0
      ? `On ${host}, compare what runs outside Mesos (ps aux --sort=-rss) with what the agent keeps back for it.`
      : `On ${host}, see which of ${names.join(', ')} are none of Mesos's tasks, and lower the agent's memory resource (--resources) by what they need.`,
    'Tasks without a hard memory limit (no memory isolator, Docker without -m) can take more than their `mem` too.',
  ];
}
