import { liveKey } from './identity';
import { sanitize } from './sanitize';
import type { KnownEnd, TaskEnd } from './task-end';

const SKEW_MS = 60_000;

/** Master, agent and event stream print one and the same time; a double and a decimal may round it differently. */
export const TWIN_MS = 2;

/**
 * Whether two ends are one that was told twice: the same framework, task, agent and time of the end. Their ids differ
 * where one source told another first status, or none.
 */
export function isTwin(
  one: Pick<TaskEnd, 'frameworkId' | 'taskId' | 'agentId' | 'finishedAt' | 'finishedAtKnown'>,
  other: typeof one,
): boolean {
  return (
    one.finishedAtKnown &&
    other.finishedAtKnown &&
    Math.abs(one.finishedAt.getTime() - other.finishedAt.getTime()) <= TWIN_MS &&
    one.taskId === other.taskId &&
    one.agentId === other.agentId &&
    one.frameworkId === other.frameworkId
  );
}

/** Finds the stored twin of an end that is offered under an id nobody knows. */
export function createTwins(stored: readonly TaskEnd[]): { of(end: TaskEnd): TaskEnd | undefined } {
  const byTask = new Map<string, TaskEnd[]>();
  for (const one of stored) {
    if (!one.finishedAtKnown) continue;
    const others = byTask.get(one.taskId);
    if (others) others.push(one);
    else byTask.set(one.taskId, [one]);
  }
  if (byTask.size === 0) return { of: () => undefined };
  return {
    of: (end) => {
      const { finishedAt, finishedAtKnown } = end;
      const named = { taskId: sanitize(end.taskId), agentId: sanitize(end.agentId) };
      const told = { ...named, frameworkId: sanitize(end.frameworkId), finishedAt, finishedAtKnown };
      return byTask.get(named.taskId)?.find((one) => isTwin(one, told));
    },
  };
}

/**
 * The stored stand-in of each new end, by the end's id. While the terminal update of a task waits behind an
 * unacknowledged one, the master tells its state without a time; should the update before it be of the state of
 * the only status, it takes that one's place, and the end shows with another first status, so another id.
 */
export function replaceableBy(
  offered: readonly TaskEnd[],
  known: ReadonlyMap<string, KnownEnd>,
  relatives: readonly TaskEnd[],
): Map<string, TaskEnd> {
  const byStandIn = new Map<TaskEnd, TaskEnd>();
  const standIns = relatives.filter((one) => !one.finishedAtKnown && one.reopenedAt === null);
  if (standIns.length === 0) return new Map();
  const taskIds = new Set(standIns.map(({ taskId }) => taskId));
  const byTask = new Map(standIns.map((one) => [liveKey(one), one]));
  const isOffered = new Set(offered.map(({ id }) => id));
  const fitting: [TaskEnd, TaskEnd][] = [];
  for (const end of offered) {
    if (!taskIds.has(end.taskId)) continue;
    const standIn = byTask.get(liveKey(end));
    if (!standIn || known.has(end.id) || !end.finishedAtKnown || isOffered.has(standIn.id)) continue;
    // It had ended when we first saw it; a later end is that of another task with the same id.
    if (end.finishedAt.getTime() > standIn.finishedAt.getTime() + SKEW_MS) continue;
    fitting.push([standIn, end]);
    const other = byStandIn.get(standIn);
    if (!other || end.finishedAt > other.finishedAt) byStandIn.set(standIn, end);
  }
  const isOne = ([standIn, end]: [TaskEnd, TaskEnd]) => {
    const chosen = byStandIn.get(standIn);
    return chosen !== undefined && isTwin(chosen, end);
  };
  return new Map(fitting.filter(isOne).map(([standIn, end]) => [end.id, standIn]));
}
