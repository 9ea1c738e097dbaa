import type { TiedSignal } from '@/lib/domain/evidence';
import type { LogSignal } from '@/lib/domain/log-signal';
import type { TaskStatus } from '@/lib/domain/task';
import type { Facts, MarathonContext } from '@/lib/domain/verdict';

import { diagnose } from './diagnose';
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

/** A memory kill of java in a container of 4,096 MB, 1 s before the end; its report cut to what the rules read. */
export function signalOf(over: Partial<LogSignal> = {}): LogSignal {
  return {
    signature: 'memcg_oom',
    source: 'kernel',
    host: 'h1',
    at: beforeEnd(1),
    uptimeSeconds: null,
    containerId: CONTAINER,
    cgroup: `/docker/${CONTAINER}`,
    limitCgroup: `/docker/${CONTAINER}`,
    orchestrator: 'docker',
    killedPid: 76513,
    killedComm: 'java',
    invokedBy: 'java',
    limitKb: 4_194_304,
    usageKb: 4_194_304,
    failcnt: 25_581,
    anonRssKb: 4_189_536,
    totalVmKb: 11_000_000,
    processes: [],
    device: null,
    taskId: null,
    frameworkId: null,
    seconds: null,
    lines: [
      'Mar  1 11:59:59 h1 kernel: Memory cgroup out of memory: Kill process 76871 (java) score 1003 or sacrifice child',
      'Mar  1 11:59:59 h1 kernel: Killed process 76513 (java) total-vm:11000000kB, anon-rss:4189536kB, file-rss:0kB',
    ],
    ...over,
  };
}

export const CONTAINER = '812c82c5a7a5'.padEnd(64, '0');

/** A sign of the host that names no container. */
export function hostSignalOf(signature: LogSignal['signature'], over: Partial<LogSignal> = {}): LogSignal {
  const nothing = { containerId: null, cgroup: null, limitCgroup: null, orchestrator: null, killedPid: null };
  const sizes = {
    killedComm: null,
    limitKb: null,
    usageKb: null,
    failcnt: null,
    anonRssKb: null,
    totalVmKb: null,
  };
  return signalOf({ ...nothing, ...sizes, signature, lines: [`h1 kernel: a line of ${signature}`], ...over });
}

/** Tied by container id, proven, unless said otherwise. */
export function tieOf(over: Partial<TiedSignal> = {}): TiedSignal {
  return {
    signalId: null,
    signal: signalOf(),
    by: 'container_id',
    proof: 'proven',
    reason: 'The log names container 812c82c5a7a5, which is this task’s.',
    candidates: 1,
    ...over,
  };
}

/** The verdict in one line, for tables of what logs add: `rule cause disposition proof`. */
export function verdictOf(over: Partial<Facts>): string {
  const { ruleId, cause, disposition, proof } = diagnose(factsOf(over));
  return `${ruleId} ${cause} ${disposition} ${proof}`;
}
