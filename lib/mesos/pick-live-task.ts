import type { LiveTask } from '@/lib/domain/snapshot';
import { isEndState, isTaskState } from '@/lib/domain/task';
import { asId, asInstant } from '@/lib/upstream/loose-json';

import { memberNames, pickMembers, plainText } from './pick-members';

// `state` first: it is asked about first.
const TASK_NAMES = memberNames('state', 'id', 'framework_id', 'slave_id', 'statuses');
const STATUS_NAMES = memberNames('state', 'timestamp');
const LIST_PEEK_BYTES = 64;

/**
 * Reads a live task of /state by its five members that count. Most of /state are live tasks, and a full parse of
 * each would cost as much as parsing the document. Null: ended, being killed or odd in any way; the full parser
 * decides.
 * `intern` lends one string to all tasks of an agent and of a framework.
 */
export function pickLiveTask(raw: Buffer, intern: (text: string) => string): LiveTask | null {
  const at = pickMembers(raw, TASK_NAMES);
  if (at === null) return null;
  const state = plainText(raw, at[0], at[1]);
  if (state === null || !isTaskState(state) || isEndState(state)) return null;
  if (state === 'TASK_KILLING') return null; // Since when takes all its statuses.
  const taskId = asId(plainText(raw, at[2], at[3]));
  const frameworkId = asId(plainText(raw, at[4], at[5]));
  const agentId = asId(plainText(raw, at[6], at[7]));
  const first = firstStatusAt(raw, at[8] ?? -1);
  if (taskId === null || frameworkId === null || agentId === null || first === undefined) return null;
  return {
    frameworkId: intern(frameworkId),
    taskId,
    agentId: intern(agentId),
    state: intern(state),
    firstStatusAt: first,
    killingSince: null,
  };
}

/** When the first status was; null where the list is empty, undefined where it takes a parser to tell. */
function firstStatusAt(raw: Buffer, list: number): Date | null | undefined {
  if (list === -1 || raw[list] !== 0x5b) return undefined;
  const at = pickMembers(raw, STATUS_NAMES, list + 1);
  if (at === null) {
    const isEmpty = /^\[\s*\]/.test(raw.toString('latin1', list, list + LIST_PEEK_BYTES));
    return isEmpty ? null : undefined;
  }
  const state = plainText(raw, at[0], at[1]);
  if (state === null || !isTaskState(state) || at[2] === -1) return undefined;
  return asInstant(Number(raw.toString('latin1', at[2], at[3]))) ?? undefined;
}
