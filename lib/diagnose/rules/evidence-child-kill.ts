import type { Cause } from '@/lib/domain/cause';
import type { TiedSignal } from '@/lib/domain/evidence';
import type { Facts } from '@/lib/domain/verdict';

import { memoryAdvice } from '../memory-advice';
import type { Reading } from '../reading';
import type { EvidenceRule, Finding } from '../rule';
import { containerOf, hostOf, isById, isWithin, megabytes, processOf, tiesOf, timeOf } from '../ties';
import { ofApp } from '../wording';
import { memoryKillLines } from './evidence-container-memory';

// A program whose child was killed ends by itself within moments, or goes on.
const JUST_BEFORE = { before: 60, after: 90 };
// What a kill inside the container can have led to, though not at once.
const EARLIER = { before: 15 * 60, after: 90 };
const CAN_FOLLOW: ReadonlySet<Cause> = new Set<Cause>([
  'app_exit_nonzero',
  'app_crash_signal',
  'finished',
  'finished_unexpectedly',
  'sigterm_143',
  'sigkill_137_unproven',
  'killed_unhealthy',
  'command_not_found_or_not_executable',
]);

/**
 * The kernel killed a process of the container, but the task ended otherwise: that process was a child. Exit codes of
 * the program's own just after are most likely its answer to that; any other end keeps its cause, and the kill is
 * cited.
 */
export const evidenceChildKill: EvidenceRule = {
  id: 'evidence-child-kill',
  matches(facts, reading, told) {
    if (!CAN_FOLLOW.has(told.cause)) return null;
    const tie = tiesOf(facts, ['memcg_oom', 'global_oom']).find(
      (one) => isById(one) && isWithin(facts, one.signal, EARLIER),
    );
    if (tie === undefined) return null;
    const because = [...memoryKillLines(facts, tie), ...told.because];
    if (isAnswerToIt(facts, reading, told, tie)) return answered(facts, reading, tie, because);
    return {
      ...told,
      summary: `${told.summary} Before that the kernel had killed ${processOf(tie.signal)} in its container${timeOf(tie.signal)}${atLimit(tie)}.`,
      because,
      advice: [
        ...told.advice,
        ...(told.cause === 'finished' ? [] : memoryAdvice(facts, tie.signal).slice(0, 1)),
      ],
    };
  },
};

function isAnswerToIt(facts: Facts, reading: Reading, told: Finding, tie: TiedSignal): boolean {
  return (
    told.cause === 'app_exit_nonzero' && reading.exit !== null && isWithin(facts, tie.signal, JUST_BEFORE)
  );
}

function answered(facts: Facts, reading: Reading, tie: TiedSignal, because: string[]): Finding {
  const { signal } = tie;
  const isHost = signal.signature === 'global_oom';
  return {
    cause: isHost ? 'oom_host' : 'oom_cgroup_limit',
    disposition: 'failure',
    // That the kill made the program end is a conclusion: no log says it.
    proof: tie.proof === 'possible' ? 'possible' : 'likely',
    summary: `The kernel${hostOf(signal)} killed ${processOf(signal)} in container${containerOf(signal)}${ofApp(facts)}${timeOf(signal)}${atLimit(tie)}; it was a child of the main process, which then ended with exit code ${reading.exit?.code ?? ''}, ${tie.proof === 'possible' ? 'perhaps' : 'most likely'} for that.`,
    because,
    advice: memoryAdvice(facts, signal),
  };
}

function atLimit({ signal }: TiedSignal): string {
  if (signal.signature === 'global_oom') return ', as the host had no memory left';
  return signal.limitKb === null
    ? ', at its memory limit'
    : `, at the memory limit of ${megabytes(signal.limitKb)}`;
}
