import { type MesosTask, REVERSIBLE_STATES, type TaskState } from '@/lib/domain/task';

// The two documents print the same double; a difference in the last digit moves the millisecond by one.
const SAME_TIME_MS = 2;

export type EndedTasks = {
  /**
   * Adds an ended task of /state. Of two entries with one identity (before 1.10 a LOST one stays beside the real
   * end) the one that nothing can take back stays, else the one with the later word.
   */
  add(task: MesosTask): void;
  /** Lays an ended task of GET_TASKS over that of /state, or adds it where /state has none. True: it was new. */
  enrich(task: MesosTask): boolean;
  list(): MesosTask[];
};

/**
 * Collects ended tasks of one poll by identity: framework, task, agent and the time of the first status, as a
 * framework may use a task id again while its older end is still in the ring.
 */
export function createEndedTasks(): EndedTasks {
  const byTask = new Map<string, MesosTask[]>();

  const put = (task: MesosTask, merge: (older: MesosTask) => MesosTask): boolean => {
    const key = `${task.frameworkId}\n${task.taskId}\n${task.agentId}`;
    const entries = byTask.get(key);
    if (entries === undefined) {
      byTask.set(key, [task]);
      return true;
    }
    const index = indexOfSame(entries, firstAt(task));
    const older = entries[index];
    if (older === undefined) entries.push(task);
    else entries[index] = merge(older);
    return older === undefined;
  };

  return {
    add: (task) =>
      void put(task, (older) => (outranks(task, older, lastAt(task) > lastAt(older)) ? task : older)),
    enrich: (task) => put(task, (older) => (outranks(task, older, true) ? enriched(older, task) : older)),
    list: () => [...byTask.values()].flat(),
  };
}

function enriched(older: MesosTask, richer: MesosTask): MesosTask {
  const statuses = richer.statuses.length === 0 ? older.statuses : [...richer.statuses];
  const [first] = statuses;
  // The first time is part of the identity: it must not move with the source that told it.
  const firstTime = firstAt(older);
  if (first !== undefined && firstTime !== null) statuses[0] = { ...first, at: firstTime };
  return {
    ...older,
    state: richer.state,
    statuses,
    executorId: older.executorId || richer.executorId,
    name: older.name || richer.name,
    resources: {
      cpus: older.resources.cpus ?? richer.resources.cpus,
      memMb: older.resources.memMb ?? richer.resources.memMb,
      diskMb: older.resources.diskMb ?? richer.resources.diskMb,
      gpus: older.resources.gpus ?? richer.resources.gpus,
    },
    image: older.image ?? richer.image,
    containerizer: older.containerizer ?? richer.containerizer,
    labels: Object.keys(older.labels).length === 0 ? richer.labels : older.labels,
  };
}

function indexOfSame(entries: readonly MesosTask[], at: Date | null): number {
  const exact = entries.findIndex((entry) => firstAt(entry)?.getTime() === at?.getTime());
  if (exact !== -1 || at === null) return exact;
  return entries.findIndex((entry) => {
    const other = firstAt(entry);
    return other !== null && Math.abs(other.getTime() - at.getTime()) <= SAME_TIME_MS;
  });
}

function firstAt(task: MesosTask): Date | null {
  return task.statuses[0]?.at ?? null;
}

function lastAt(task: MesosTask): number {
  return task.statuses.at(-1)?.at?.getTime() ?? Number.NEGATIVE_INFINITY;
}

/** FINISHED beside LOST is the truth; among equals `otherwise` decides. */
function outranks(task: MesosTask, other: MesosTask, otherwise: boolean): boolean {
  const isFinal = !isReversible(task.state);
  return isFinal === isReversible(other.state) ? isFinal : otherwise;
}

function isReversible(state: TaskState): boolean {
  return (REVERSIBLE_STATES as readonly TaskState[]).includes(state);
}
