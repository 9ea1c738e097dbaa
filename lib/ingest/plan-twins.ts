import { liveKey } from './identity';
import { isReversible } from './plan-revision';
import { sanitize } from './sanitize';
import type { KnownEnd, TaskEnd } from './task-end';

const SKEW_MS = 60_000;

/** Master, agent and event stream print one and the same time; a double and a decimal may round it differently. */
export const TWIN_MS = 2;

type Told = Pick<TaskEnd, 'frameworkId' | 'taskId' | 'agentId' | 'finishedAt' | 'finishedAtKnown'>;

/**
 * Whether two ends are one that was told twice: the same framework, task, agent and time of the end. Their ids differ
 * where one source told another first status, or none.
 */
export function isTwin(one: Told, other: Told): boolean {
  return (
    one.finishedAtKnown &&
    other.finishedAtKnown &&
    isOfOneTime(one, other) &&
    one.taskId === other.taskId &&
    one.agentId === other.agentId &&
    one.frameworkId === other.frameworkId
  );
}

/** Whether two times of an end are one that two sources round differently. */
export function isOfOneTime(one: Pick<TaskEnd, 'finishedAt'>, other: typeof one): boolean {
  return Math.abs(one.finishedAt.getTime() - other.finishedAt.getTime()) <= TWIN_MS;
}

/**
 * Finds what was put in under an end's twin, see `isTwin`; of several the nearest in time, and of these the first.
 * Cost: six look-ups, however many ends one task id has.
 */
export function createTwinIndex<Value>() {
  const byTime = new Map<string, Value>();
  const keyAt = (end: Told, ms: number) => `${liveKey(end)}\0${ms}`;
  return {
    add(end: Told, value: Value): void {
      if (!end.finishedAtKnown) return;
      const key = keyAt(end, end.finishedAt.getTime());
      if (!byTime.has(key)) byTime.set(key, value);
    },
    find(end: Told): Value | undefined {
      if (!end.finishedAtKnown || byTime.size === 0) return undefined;
      const ms = end.finishedAt.getTime();
      for (let apart = 0; apart <= TWIN_MS; apart += 1) {
        const found = byTime.get(keyAt(end, ms - apart)) ?? byTime.get(keyAt(end, ms + apart));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/**
 * Finds the stored row of an end that is offered under an id nobody knows: its twin, or the reversible end of the same
 * first status that it takes back.
 */
export function createTwins(stored: readonly TaskEnd[]): { of(end: TaskEnd): TaskEnd | undefined } {
  const twins = createTwinIndex<TaskEnd>();
  const lost = createTwinIndex<TaskEnd>();
  for (const one of stored) {
    twins.add(one, one);
    if (isReversible(one.state) && one.reopenedAt === null) lost.add(begunBy(one), one);
  }
  return {
    of: (end) => {
      const { taskId, agentId, frameworkId } = end;
      const ids = {
        taskId: sanitize(taskId),
        agentId: sanitize(agentId),
        frameworkId: sanitize(frameworkId),
      };
      const told = { ...begunBy(end), ...ids };
      const twin = twins.find({ ...end, ...ids });
      if (twin || isReversible(end.state)) return twin;
      const before = lost.find(told);
      return before && before.finishedAt < end.finishedAt ? before : undefined;
    },
  };
}

/** The end as it is told from others by its first status, which sources round as they do its time. */
function begunBy(end: TaskEnd): Told {
  const { frameworkId, taskId, agentId, firstStatusAt } = end;
  return {
    frameworkId,
    taskId,
    agentId,
    finishedAt: firstStatusAt ?? end.finishedAt,
    finishedAtKnown: firstStatusAt !== null,
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
