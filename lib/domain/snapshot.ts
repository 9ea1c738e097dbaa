import type {
  Agent,
  Framework,
  MarathonApp,
  MarathonDeployment,
  MarathonQueueItem,
  MasterEpoch,
} from './cluster';
import type { SeenEnd } from './seen-ends';
import type { MesosTask } from './task';

/** Something a source sent that could not be understood; it was skipped and counted, nothing else was lost. */
export type Reject = {
  /** Where it stood: `frameworks[].completed_tasks[]`. */
  where: string;
  /** What was wrong with it: `state: unknown value "TASK_EXPLODED"`. */
  why: string;
  /** The start of the raw text, at most 200 characters. */
  sample: string;
};

/** What could be read, and the part that could not: `samples` holds the first few of `count`. */
export type Rejects = { count: number; samples: Reject[] };

/** A task that the master lists as alive: enough to count it and to see an ended one come back. */
export type LiveTask = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  state: string;
  /** Oldest status the master kept; null: none. */
  firstStatusAt: Date | null;
  /** Since when its last statuses are TASK_KILLING; null: it is not being killed, or that has no time. */
  killingSince: Date | null;
};

/** Everything one poll of the leading master gave. */
export type MasterSnapshot = {
  /** URL that answered, without credentials. */
  url: string;
  /**
   * False: /state was cut or malformed, so `agents`, `frameworks`, `live` and `ringCounts` hold only what stood
   * before the break, and absence proves nothing. `epoch` is then the last whole one of this master, else what
   * little was read, with `masterId` `''` where it was not told: do not compare such an epoch.
   */
  complete: boolean;
  epoch: MasterEpoch;
  agents: Agent[];
  frameworks: Framework[];
  /**
   * Tasks in an end state, whatever list they stood in; with message and reason where GET_TASKS gave them. Without
   * those that were told in the very words of `SeenEnds`.
   */
  ended: MesosTask[];
  /** Of `ended`, what only GET_TASKS told, which is read after /state: it ended in between. */
  endedLate?: readonly MesosTask[];
  /** Those that were. */
  unchanged: readonly SeenEnd[];
  /** Digests of the bytes that told each of `ended`; none: it is told anew at every poll. */
  wordsOf: ReadonlyMap<MesosTask, readonly string[]>;
  live: LiveTask[];
  /** Completed tasks a framework's ring holds, by framework id: a full ring may have dropped some. */
  ringCounts: Map<string, number>;
  /** /metrics/snapshot, read after the lists; null: it could not be read. */
  counters: Record<string, number> | null;
  /** The same, read before them; null: it was not. */
  countersBefore?: Record<string, number> | null;
  rejects: Rejects;
  /** Codes of what went less than well though the poll succeeded, with a sentence. */
  warnings: PollWarning[];
  bytes: number;
  tasksRead: number;
};

export type PollWarning = { code: string; message: string };

/** Everything one poll of one Marathon gave. */
export type MarathonSnapshot = {
  url: string;
  frameworkId: string;
  frameworkName: string | null;
  version: string | null;
  apps: MarathonApp[];
  deployments: MarathonDeployment[];
  queue: MarathonQueueItem[];
  rejects: Rejects;
  warnings: PollWarning[];
  bytes: number;
};
