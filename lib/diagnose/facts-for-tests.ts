import type { TaskStatus } from '@/lib/domain/task';
import type { Facts, MarathonContext } from '@/lib/domain/verdict';

import { readFacts } from './reading';
import type { Rule } from './rule';

export const END = new Date('2026-03-01T12:00:00Z');

/** `seconds` before the end that all test facts share. */
export function beforeEnd(seconds: number): Date {
  return new Date(END.getTime() - seconds * 1000);
}

export function factsOf(over: Partial<Facts> = {}): Facts {
  return {
    state: 'TASK_FAILED',
    reason: null,
    source: null,
    message: null,
    healthy: null,
    statuses: [],
    everRan: null,
    containerizer: null,
    image: null,
    memMb: null,
    frameworkName: null,
    marathon: null,
    finishedAt: END,
    ...over,
  };
}

/** An app that exists, is left alone, and told nothing about the task. */
export function marathonOf(over: Partial<MarathonContext> = {}): MarathonContext {
  return {
    appId: '/shop/cart',
    appExists: true,
    isService: true,
    deployment: null,
    lastConfigChangeAt: null,
    lastScalingAt: null,
    ownFailure: null,
    killGraceSeconds: null,
    ...over,
  };
}

export function statusOf(state: TaskStatus['state'], over: Partial<TaskStatus> = {}): TaskStatus {
  return {
    state,
    at: END,
    message: null,
    reason: null,
    source: null,
    healthy: null,
    containerId: null,
    ...over,
  };
}

/** One row of a rule's table: facts, and `cause disposition proof` or null where the rule must stay silent. */
export type Row = { when: string; facts: Partial<Facts>; want: string | null };

/** The rule's answer in one line, for tables. */
export function ask(rule: Rule, over: Partial<Facts>): string | null {
  const facts = factsOf(over);
  const finding = rule.matches(facts, readFacts(facts));
  return finding === null ? null : `${finding.cause} ${finding.disposition} ${finding.proof}`;
}
