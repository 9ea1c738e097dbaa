import type { TaskDetail } from '@/lib/contracts/task';

export type LifeStep = {
  /** `staging`, `running`, `failed`, … or what the collector did: `seen by exit137`. */
  label: string;
  /** Null: the source gave no time. */
  at: Date | null;
  kind: 'begin' | 'running' | 'killing' | 'end' | 'watch';
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

/**
 * A task's life as steps, oldest first: every status its master kept, its end (also where no status tells it),
 * then what the collector did with it. A status the master repeats (same state, message, health) is one step.
 */
export function taskLife(task: TaskWithLife): LifeStep[] {
  const steps = statusSteps(task);
  if (!steps.some((step) => step.kind === 'end')) {
    steps.push({ ...EMPTY, label: stateWord(task.state), kind: 'end', at: knownEnd(task) });
  }
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
