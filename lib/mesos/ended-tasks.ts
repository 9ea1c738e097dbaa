import { endKey, type SeenEnd, taskIdOf } from '@/lib/domain/seen-ends';
import { type MesosTask, REVERSIBLE_STATES, type TaskState } from '@/lib/domain/task';

// The two documents print the same double; a difference in the last digit moves the millisecond by one.
const SAME_TIME_MS = 2;
const NEAR_MS = [0, -1, 1, -SAME_TIME_MS, SAME_TIME_MS];

export type EndedTasks = {
  /**
   * Adds an ended task of /state, told in these words. Of two entries with one identity (before 1.10 a LOST one stays
   * beside the real end) the one that nothing can take back stays, else the one with the later word.
   */
  add(task: MesosTask, words: string): void;
  /** Adds one of /state whose words were seen before. */
  addSeen(end: SeenEnd, words: string): void;
  /**
   * Of a task of GET_TASKS whose words were seen before. False: /state told its id in other words; so it is to be parsed
   * and given to `enrich`, with `end`.
   */
  passOver(end: SeenEnd, words: string): boolean;
  /** Lays an ended task of GET_TASKS over that of /state, or adds it where /state has none. */
  enrich(task: MesosTask, words: string, end?: SeenEnd): void;
  /** Those that only GET_TASKS told. */
  late(): MesosTask[];
  result(): EndedResult;
};

export type EndedResult = {
  ended: MesosTask[];
  /** What was told in words seen before, and in no others. */
  unchanged: SeenEnd[];
  /** Digests of the words that told each of `ended`. */
  wordsOf: Map<MesosTask, readonly string[]>;
};

type Entry = { task: MesosTask; words: readonly string[]; isLate: boolean };

/**
 * Collects ended tasks of one poll by identity: framework, task, agent and the time of the first status, as a
 * framework may use a task id again while its older end is still in the ring.
 *
 * What is told in words seen before comes out as the very `SeenEnd`. Where one document tells it in other words, the
 * task of those words comes out, with the first time of the `SeenEnd`, under which it is stored. It may be less than
 * what is stored (a LOST entry that turned up beside the real end): who stores it compares.
 */
export function createEndedTasks(): EndedTasks {
  // By task id alone, as a longer key is one more string for each.
  const byTask = new Map<string, Entry[]>();
  const again = new Map<string, { end: SeenEnd; words: readonly string[] }>();

  function addSeen(end: SeenEnd, words: string): void {
    const known = again.get(end.key);
    if (known === undefined) again.set(end.key, { end, words: [words] });
    else known.words = [...known.words, words];
  }

  function addNew(task: MesosTask, words: string, isLate: boolean): void {
    const entry = { task, words: [words], isLate };
    const entries = byTask.get(task.taskId);
    if (entries === undefined) byTask.set(task.taskId, [entry]);
    else entries.push(entry);
  }

  return {
    add(task, words) {
      const entry = entryOf(byTask, task, firstAt(task));
      if (entry === null) return addNew(task, words, false);
      const stays = outranks(task, entry.task, lastAt(task) > lastAt(entry.task)) ? task : entry.task;
      retell(entry, stays, task, words);
    },
    addSeen,
    passOver(end, words) {
      // That /state told its id in new words is what makes it worth another look.
      if (!again.has(end.key) && byTask.size > 0 && byTask.has(taskIdOf(end.key))) return false;
      addSeen(end, words);
      return true;
    },
    enrich(task, words, end) {
      const at = end === undefined ? firstAt(task) : end.firstStatusAt;
      const entry = entryOf(byTask, task, at);
      if (entry !== null) {
        const richer = outranks(task, entry.task, true) ? enriched(entry.task, task) : entry.task;
        retell(entry, end === undefined ? richer : withFirst(richer, end.firstStatusAt), task, words);
        return;
      }
      if (end !== undefined) return addSeen(end, words);
      const known = again.size === 0 ? undefined : seenNear(again, task, at);
      if (known === undefined) addNew(task, words, true);
      else addNew(withFirst(task, known.end.firstStatusAt), words, false);
    },
    late: () => [...byTask.values()].flat().flatMap(({ task, isLate }) => (isLate ? [task] : [])),
    result() {
      const ended: MesosTask[] = [];
      const wordsOf = new Map<MesosTask, readonly string[]>();
      for (const entries of byTask.values()) {
        for (const { task, words } of entries) {
          const known = again.size === 0 ? undefined : again.get(endKey(task, firstAt(task)));
          const told = known === undefined ? task : inRing(task, known.end);
          if (known !== undefined) again.delete(known.end.key);
          ended.push(told);
          wordsOf.set(told, known === undefined ? words : [...known.words, ...words]);
        }
      }
      return { ended, wordsOf, unchanged: Array.from(again.values(), ({ end }) => end) };
    },
  };
}

/** `stays` is what an entry tells now that it was told `task`, too. */
function retell(entry: Entry, stays: MesosTask, task: MesosTask, words: string): void {
  entry.task = inRing(inRing(stays, entry.task), task);
  entry.words = [...entry.words, words];
}

/** A task of the ring stays one, whatever list tells of it besides: rings are held against what is stored of them. */
function inRing(task: MesosTask, other: Pick<MesosTask, 'list'>): MesosTask {
  const isNews = other.list === 'completed_tasks' && task.list !== other.list;
  return isNews ? { ...task, list: other.list } : task;
}

function enriched(older: MesosTask, richer: MesosTask): MesosTask {
  const told = richer.statuses.length === 0 ? older : richer;
  return {
    ...older,
    state: richer.state,
    // The first time is part of the identity: it must not move with the source that told it.
    statuses: withFirst(told, firstAt(older)).statuses,
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

function withFirst(task: MesosTask, at: Date | null): MesosTask {
  const [first, ...rest] = task.statuses;
  if (first === undefined || at === null || first.at?.getTime() === at.getTime()) return task;
  return { ...task, statuses: [{ ...first, at }, ...rest] };
}

/** The entry of the task's identity, where its first status was at `at`. */
function entryOf(byTask: ReadonlyMap<string, Entry[]>, task: MesosTask, at: Date | null): Entry | null {
  let near: Entry | null = null;
  for (const entry of byTask.get(task.taskId) ?? []) {
    if (entry.task.frameworkId !== task.frameworkId || entry.task.agentId !== task.agentId) continue;
    const other = firstAt(entry.task);
    if (other?.getTime() === at?.getTime()) return entry;
    if (near === null && other !== null && at !== null) {
      if (Math.abs(other.getTime() - at.getTime()) <= SAME_TIME_MS) near = entry;
    }
  }
  return near;
}

function seenNear<Seen>(
  again: ReadonlyMap<string, Seen>,
  task: MesosTask,
  at: Date | null,
): Seen | undefined {
  if (at === null) return again.get(endKey(task, null));
  for (const more of NEAR_MS) {
    const known = again.get(endKey(task, new Date(at.getTime() + more)));
    if (known !== undefined) return known;
  }
  return undefined;
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
