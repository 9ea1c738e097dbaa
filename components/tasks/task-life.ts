import type { EvidenceItem } from '@/lib/contracts/evidence';
import type { TaskDetail } from '@/lib/contracts/task';
import type { LogSignature } from '@/lib/domain/log-signal';

export type LifeStep = {
  /** `staging`, `running`, `failed`, … or what the collector did: `seen by exit137`. */
  label: string;
  /** Null: the source gave no time. */
  at: Date | null;
  kind: 'begin' | 'running' | 'killing' | 'log' | 'end' | 'watch';
  /** Milliseconds since the step before it that has a time; null: there is none. */
  sinceMs: number | null;
  message: string | null;
  reason: string | null;
  source: string | null;
  healthy: boolean | null;
};

const BEGIN_STATES: ReadonlySet<string> = new Set(['TASK_STAGING', 'TASK_STARTING']);

type TaskWithLife = Pick<
  TaskDetail,
  'statuses' | 'state' | 'finishedAt' | 'finishedAtKnown' | 'observedAt' | 'revisedAt' | 'reopenedAt'
>;

/** What a host log may tell within a life, as a step of it. Other signals stand in the evidence alone. */
const LOG_STEPS: Partial<Record<LogSignature, string>> = {
  memcg_oom: 'killed by the kernel at its memory limit',
  global_oom: 'killed by the kernel, the host out of memory',
  mesos_agent_oom_report: 'memory limit reached, by the Mesos agent',
  docker_kill_timeout: 'did not exit in time when told to',
  mesos_kill_ignored: 'kill ignored, by the Mesos agent',
};

/** Steps beyond these say nothing new: a container that swaps is hit again and again. */
const MOST_LOG_STEPS = 5;

/**
 * A task's life as steps, oldest first: every status its master kept, what host logs told meanwhile, its end (also
 * where no status tells it), then what the collector did with it. A status the master repeats (same state, message,
 * health) is one step. A log's step stands where its host's clock puts it, and never after its end: the kernel kills
 * first, whatever the clocks say.
 */
export function taskLife(task: TaskWithLife, evidence: readonly EvidenceItem[] = []): LifeStep[] {
  const steps = statusSteps(task);
  if (!steps.some((step) => step.kind === 'end')) {
    steps.push({ ...EMPTY, label: stateWord(task.state), kind: 'end', at: knownEnd(task) });
  }
  for (const step of logSteps(evidence)) steps.splice(placeOf(step, steps), 0, step);
  steps.push({ ...EMPTY, label: 'first seen by exit137', kind: 'watch', at: new Date(task.observedAt) });
  if (task.revisedAt !== null) {
    steps.push({ ...EMPTY, label: 'revised by exit137', kind: 'watch', at: new Date(task.revisedAt) });
  }
  if (task.reopenedAt !== null) {
    steps.push({ ...EMPTY, label: 'came back to life', kind: 'watch', at: new Date(task.reopenedAt) });
  }
  return withDurations(steps);
}

const EMPTY = { sinceMs: null, message: null, reason: null, source: null, healthy: null } as const;

/** `TASK_RUNNING` → `running`, `TASK_GONE_BY_OPERATOR` → `gone by operator`. */
export function stateWord(state: string): string {
  return state
    .replace(/^TASK_/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
}

function statusSteps(task: TaskWithLife): LifeStep[] {
  const steps: LifeStep[] = [];
  for (const status of task.statuses) {
    const step: LifeStep = {
      ...EMPTY,
      label: stateWord(status.state),
      at: status.at === null ? null : new Date(status.at),
      kind: kindOf(status.state),
      message: status.message,
      reason: status.reason,
      source: status.source,
      healthy: status.healthy,
    };
    const before = steps.at(-1);
    if (before === undefined || !saysTheSame(before, step)) steps.push(step);
  }
  return steps;
}

/** Of the strongest ties; only one of them may be the kill of this task where several could be meant. */
function logSteps(evidence: readonly EvidenceItem[]): LifeStep[] {
  return evidence
    .flatMap(({ signal, candidates }): LifeStep[] => {
      const label = LOG_STEPS[signal.signature];
      if (label === undefined || signal.at === null || !signal.atKnown) return [];
      const shown = candidates > 1 ? `perhaps ${label}` : label;
      return [
        {
          ...EMPTY,
          label: shown,
          kind: 'log',
          at: new Date(signal.at),
          source: 'host log, the host’s clock',
        },
      ];
    })
    .slice(0, MOST_LOG_STEPS)
    .sort((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0));
}

function placeOf({ at }: LifeStep, steps: readonly LifeStep[]): number {
  const end = steps.findIndex(({ kind }) => kind === 'end');
  const later = steps.findIndex((step) => step.at !== null && at !== null && step.at > at);
  return later === -1 ? end : Math.min(later, end);
}

function kindOf(state: string): LifeStep['kind'] {
  if (BEGIN_STATES.has(state)) return 'begin';
  if (state === 'TASK_RUNNING') return 'running';
  if (state === 'TASK_KILLING') return 'killing';
  return 'end';
}

function saysTheSame(a: LifeStep, b: LifeStep): boolean {
  return a.label === b.label && a.message === b.message && a.healthy === b.healthy;
}

function knownEnd(task: TaskWithLife): Date | null {
  return task.finishedAtKnown ? new Date(task.finishedAt) : null;
}

function withDurations(steps: LifeStep[]): LifeStep[] {
  let before: Date | null = null;
  return steps.map((step) => {
    const sinceMs = step.at !== null && before !== null ? step.at.getTime() - before.getTime() : null;
    before = step.at ?? before;
    return { ...step, sinceMs };
  });
}
