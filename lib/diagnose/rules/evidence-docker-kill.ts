import type { TiedSignal } from '@/lib/domain/evidence';
import type { LogSignal } from '@/lib/domain/log-signal';
import type { Facts } from '@/lib/domain/verdict';

import type { EvidenceRule, Finding } from '../rule';
import { saysStuck } from '../stuck-words';
import {
  citedLine,
  containerOf,
  hostOf,
  isById,
  isWithin,
  secondsBefore,
  tieLine,
  tiesOf,
  timeOf,
} from '../ties';
import { ofApp } from '../wording';

// A stuck kill goes on for minutes, and Docker repeats itself.
const WINDOW = { before: 60 * 60, after: 10 * 60 };
const DEFAULT_GRACE_SECONDS = 10;
// Beyond its grace period an obeyed kill takes moments.
const LATE_SECONDS = 60;
const OPEN_CAUSES: ReadonlySet<string> = new Set([
  'unknown',
  'executor_terminated',
  'sigkill_137_unproven',
  'resources_unknown_or_dropped',
  'agent_lost_or_removed',
]);

/** Told to die, and Docker or the agent says that it did not. */
export const evidenceDockerKill: EvidenceRule = {
  id: 'evidence-docker-kill',
  matches(facts, _reading, told) {
    const ties = tiesOf(facts, ['docker_kill_timeout', 'container_not_found', 'mesos_kill_ignored']).filter(
      (tie) => isById(tie) && isWithin(facts, tie.signal, WINDOW),
    );
    const tie = ties.find(({ signal }) => saysStuck(signal));
    if (tie === undefined) return null;
    const because = linesOf(tie);
    if (told.cause === 'kill_failed_container_stuck') {
      return { ...told, because: [...because, ...told.because], advice: adviceOf(tie.signal) };
    }
    if (!fits(facts, told)) return null;
    return {
      cause: 'kill_failed_container_stuck',
      disposition: 'failure',
      proof: proofOf(facts, tie),
      summary: `The container${containerOf(tie.signal)}${ofApp(facts)} was told to die and did not${hostOf(tie.signal)}${timeOf(tie.signal)}${secondsOf(tie.signal)}; ${laterOf(facts, tie.signal)}it may still be there, holding its ports and memory.`,
      because: [
        ...because,
        ...(told.disposition === 'normal' ? [`Why it was to end: ${told.summary}`] : []),
        ...told.because,
      ],
      advice: adviceOf(tie.signal),
    };
  },
};

function fits(facts: Facts, told: Finding): boolean {
  if (facts.state === 'TASK_FINISHED') return false;
  if (facts.state === 'TASK_KILLED') return told.disposition === 'unexplained' || isLate(facts);
  return OPEN_CAUSES.has(told.cause);
}

/** It lived on for longer after the request than its grace period allows. */
function isLate(facts: Facts): boolean {
  const asked = facts.statuses.find(({ state, at }) => state === 'TASK_KILLING' && at !== null)?.at ?? null;
  if (asked === null) return false;
  const grace = facts.marathon?.killGraceSeconds ?? DEFAULT_GRACE_SECONDS;
  return facts.finishedAt.getTime() - asked.getTime() > (grace + LATE_SECONDS) * 1000;
}

function proofOf(facts: Facts, tie: TiedSignal) {
  return tie.proof === 'proven' && facts.state === 'TASK_KILLED' && !isLate(facts) ? 'likely' : tie.proof;
}

function linesOf(tie: TiedSignal): string[] {
  const line = citedLine(tie.signal);
  return [
    ...(line === '' ? [] : [`Log${hostOf(tie.signal)}: ${line}`]),
    `Tied to this task: ${tieLine(tie)}`,
  ];
}

function secondsOf({ seconds }: LogSignal): string {
  return seconds === null ? '' : ` (given up on after ${Math.round(seconds)} s)`;
}

/** When the end was told after all: Docker's word that it gave up and the task's status can lie an hour apart. */
function laterOf(facts: Facts, signal: LogSignal): string {
  const minutes = Math.round((secondsBefore(facts, signal) ?? 0) / 60);
  return minutes < 2 ? '' : `its end was told ${minutes} minutes later, and `;
}

function adviceOf(signal: LogSignal): string[] {
  const id = containerOf(signal).trim();
  return [
    `On the host${hostOf(signal)}: \`docker ps --no-trunc${id === '' ? '' : ` | grep ${id}`}\`, and \`ps axo pid,stat,wchan:30,cmd\` for its processes: state D hangs in the kernel, often on storage or network.`,
    'If Docker itself does not answer, restart it; a process in state D needs the host restarted. Drain the host first.',
  ];
}
