import type { Facts } from '@/lib/domain/verdict';

import { memoryAdvice } from '../memory-advice';
import type { Reading } from '../reading';
import type { EvidenceRule } from '../rule';
import { hostOf, isById, isWithin, processOf, tiesOf, timeOf } from '../ties';
import { ofApp, utc } from '../wording';
import { memoryKillLines } from './evidence-container-memory';

// The kernel's kill ends the main process at once; a kill longer before the end was of a child.
const AT_ONCE = { before: 10, after: 90 };

/**
 * KILLED, and the kernel killed a process of the container for memory at that moment. Executors report KILLED once a
 * kill was asked for, however the process ended, so what explains the request explains the end. Two exceptions,
 * never more than `likely`: the kernel's kill came before the request (the status TASK_KILLING tells when that
 * was), or nothing explains the request and SIGKILL was the end.
 */
export const evidenceKilledMemory: EvidenceRule = {
  id: 'evidence-killed-memory',
  matches(facts, reading, told) {
    if (facts.state !== 'TASK_KILLED' || told.cause === 'oom_cgroup_limit') return null;
    if (told.disposition === 'failure' || (reading.signal?.name ?? 'SIGKILL') !== 'SIGKILL') return null;
    const tie = tiesOf(facts, ['memcg_oom', 'global_oom', 'mesos_agent_oom_report']).find(
      (one) => isById(one) && isWithin(facts, one.signal, AT_ONCE),
    );
    if (tie === undefined) return null;
    const asked = askedAt(facts);
    const isBeforeRequest = asked !== null && tie.signal.at !== null && tie.signal.at < asked;
    const isUnexplained = told.disposition === 'unexplained' && asked === null && endsBySigkill(reading);
    if (!isBeforeRequest && !isUnexplained) return null;
    return {
      cause: tie.signal.signature === 'global_oom' ? 'oom_host' : 'oom_cgroup_limit',
      disposition: 'failure',
      proof: isBeforeRequest && tie.proof !== 'possible' ? 'likely' : 'possible',
      summary: `The kernel${hostOf(tie.signal)} killed ${processOf(tie.signal)} of the task${ofApp(facts)}${timeOf(tie.signal)} for memory${isBeforeRequest ? ', before the kill that Mesos was asked for' : '; Mesos had been asked to kill it too, and nothing explains that'}.`,
      because: [
        ...memoryKillLines(facts, tie),
        ...(asked === null ? [] : [`TASK_KILLING, the answer to the request, came at ${utc(asked)}.`]),
      ],
      advice: memoryAdvice(facts, tie.signal),
    };
  },
};

function endsBySigkill(reading: Reading): boolean {
  return reading.signal?.name === 'SIGKILL';
}

/** When the executor took the request to kill; null: Mesos before 0.28, or a framework that does not want to know. */
function askedAt({ statuses }: Facts): Date | null {
  return statuses.find(({ state, at }) => state === 'TASK_KILLING' && at !== null)?.at ?? null;
}
