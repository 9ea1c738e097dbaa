import type { LogSignal } from '@/lib/domain/log-signal';

import type { KnownContainer } from './correlate';
import type { PlacedSignal, TieableEnd } from './tieable';

/** The moment around which test facts lie. */
export const KILL = new Date('2026-03-01T11:30:00Z');

/** `seconds` after the kill that all test facts share. */
export function afterKill(seconds: number): Date {
  return new Date(KILL.getTime() + seconds * 1000);
}

/** An out-of-memory kill of java at a limit of 64 MB, of which nothing tells the container. */
export function signalOf(over: Partial<LogSignal> = {}): LogSignal {
  return {
    signature: 'memcg_oom',
    source: 'kernel',
    host: 'node-1',
    at: KILL,
    uptimeSeconds: null,
    containerId: null,
    cgroup: null,
    limitCgroup: null,
    orchestrator: null,
    killedPid: 76513,
    killedComm: 'java',
    invokedBy: 'java',
    limitKb: 65_536,
    usageKb: 65_536,
    failcnt: 1,
    anonRssKb: 65_000,
    totalVmKb: null,
    processes: [],
    device: null,
    taskId: null,
    frameworkId: null,
    seconds: null,
    lines: ['Memory cgroup out of memory: Killed process 76513 (java)'],
    ...over,
  };
}

/** The kill on the agent node-1.example.test, received two seconds later. */
export function placedOf(
  id: string,
  signal: Partial<LogSignal> = {},
  over: Partial<PlacedSignal> = {},
): PlacedSignal {
  const whole = signalOf(signal);
  const at = whole.at ?? KILL;
  return {
    id,
    signal: whole,
    host: 'node-1.example.test',
    at,
    atKnown: whole.at !== null,
    receivedAt: new Date(at.getTime() + 2_000),
    ...over,
  };
}

/** A task of 64 MB on that agent that SIGKILL ended a second after the kill. */
export function endOf(id: string, over: Partial<TieableEnd> = {}): TieableEnd {
  return {
    id,
    hostname: 'node-1.example.test',
    taskId: `task-${id}`,
    frameworkId: 'f1',
    appId: '/shop/cart',
    containerId: null,
    containerizer: 'DOCKER',
    image: 'shop/cart:1',
    state: 'TASK_FAILED',
    cause: 'sigkill_137_unproven',
    exitCode: 137,
    signal: 'SIGKILL',
    memMb: 64,
    startedAt: afterKill(-3_600),
    finishedAt: afterKill(1),
    finishedAtKnown: true,
    ...over,
  };
}

/** A Docker container on that agent as its RUNNING update told it. */
export function containerOf(containerId: string, over: Partial<KnownContainer> = {}): KnownContainer {
  return {
    containerId,
    dockerId: null,
    pid: null,
    taskId: null,
    frameworkId: null,
    host: 'node-1.example.test',
    appId: '/shop/cart',
    memLimitBytes: null,
    toldBy: 'status',
    firstSeenAt: afterKill(-3_600),
    lastSeenAt: afterKill(-5),
    ...over,
  };
}
