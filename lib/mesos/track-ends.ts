import { isEndState, type MesosTask, REVERSIBLE_STATES, type TaskStatus } from '@/lib/domain/task';
import { isAtLeast } from './agent-address';
import type { TaskUpdate } from './subscribe';
import { weightOf } from './weigh-task';

/** An end whose task the stream did not tell from its beginning. */
export type EndQuestion = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  /** The terminal status; its time is told. */
  status: TaskStatus & { at: Date };
};

/** What is to be done about an update: store the end, ask the master for the rest of it, or leave it to a poll. */
export type ToldEnd =
  | { kind: 'end'; task: MesosTask }
  | { kind: 'ask'; question: EndQuestion }
  | { kind: 'poll' };

export type EndTracker = {
  /** A stream was opened: nothing that an earlier one told holds any more. `version`: of its master; null: unknown. */
  open(version: string | null): void;
  /** True: a poll is wanted, for the task ended, or ended before and is back. */
  added(task: MesosTask): boolean;
  /** Null: no end. */
  updated(update: TaskUpdate): ToldEnd | null;
};

const LIVE_KEPT = 20_000;
const LIVE_BYTES = 32 * 1024 * 1024;
const ENDED_KEPT = 20_000;
const MAX_STATUSES = 100;

/**
 * Makes ends of a master's events whose identity (the time of the first status kept) is that which /state tells: of
 * tasks added since the stream was opened it keeps the statuses by the master's own rule, where one of the state of
 * the last takes that one's place (reference A5). Holds the newest 20,000 such tasks, at most 32 MB of them.
 */
export function createEndTracker({ maxLive = LIVE_KEPT, maxBytes = LIVE_BYTES } = {}): EndTracker {
  const live = new Map<string, { task: MesosTask; weight: number }>();
  /** Ends that the master may take back. */
  const takeable = new Set<string>();
  let bytes = 0;
  let tellsEveryCheck = false;

  function forget(key: string): MesosTask | null {
    const known = live.get(key);
    if (known === undefined) return null;
    live.delete(key);
    bytes -= known.weight;
    return known.task;
  }

  function remember(key: string, task: MesosTask): void {
    forget(key);
    const weight = weightOf(task);
    live.set(key, { task, weight });
    bytes += weight;
    for (const oldest of live.keys()) {
      if (live.size <= maxLive && bytes <= maxBytes) return;
      forget(oldest);
    }
  }

  /** Until 1.6 an update that changes no state is not told: a first RUNNING may have been replaced by a later one. */
  function isExact({ statuses }: MesosTask): boolean {
    const [first] = statuses;
    return tellsEveryCheck || first === undefined || first.state !== 'TASK_RUNNING';
  }

  return {
    open(version) {
      live.clear();
      takeable.clear();
      bytes = 0;
      tellsEveryCheck = isAtLeast(version, [1, 7], false);
    },
    added(task) {
      const key = keyOf(task.frameworkId, task.taskId, task.agentId);
      const isBack = takeable.delete(key);
      if (isEndState(task.state)) forget(key);
      else remember(key, task);
      return isBack || isEndState(task.state);
    },
    updated({ frameworkId, taskId, agentId, hasEnded, state, status }) {
      if (frameworkId === null || agentId === null || status === null)
        return hasEnded ? { kind: 'poll' } : null;
      const key = keyOf(frameworkId, taskId, agentId);
      const known = live.get(key)?.task;
      if (!isEndState(status.state)) {
        if (known) remember(key, { ...known, state: state ?? status.state, statuses: kept(known, status) });
        // The end came before its status, or a task is back whose end we told.
        return hasEnded || takeable.delete(key) ? { kind: 'poll' } : null;
      }
      forget(key);
      if (isReversible(status.state)) {
        takeable.add(key);
        const [oldest] = takeable.size > ENDED_KEPT ? takeable.keys() : [];
        if (oldest !== undefined) takeable.delete(oldest);
      }
      const { at } = status;
      // An end without a time is whatever the next poll makes of it.
      if (at === null) return { kind: 'poll' };
      if (known === undefined || !isExact(known)) {
        return { kind: 'ask', question: { frameworkId, taskId, agentId, status: { ...status, at } } };
      }
      const last = state !== null && isEndState(state) ? state : status.state;
      return { kind: 'end', task: { ...known, state: last, statuses: kept(known, status) } };
    },
  };
}

/** The statuses as the master keeps them, with one more. */
function kept({ statuses }: MesosTask, status: TaskStatus): TaskStatus[] {
  const before = statuses.at(-1)?.state === status.state ? statuses.slice(0, -1) : statuses;
  const [first] = before;
  const bounded =
    first !== undefined && before.length >= MAX_STATUSES
      ? [first, ...before.slice(2 - MAX_STATUSES)]
      : before;
  return [...bounded, status];
}

function keyOf(frameworkId: string, taskId: string, agentId: string): string {
  return `${frameworkId}\0${taskId}\0${agentId}`;
}

function isReversible(state: string): boolean {
  return (REVERSIBLE_STATES as readonly string[]).includes(state);
}
