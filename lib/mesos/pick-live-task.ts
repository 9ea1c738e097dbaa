import type { LiveTask } from '@/lib/domain/snapshot';
import { isEndState } from '@/lib/domain/task';
import { asId, asInstant } from '@/lib/upstream/loose-json';

import { memberNames, pickMembers } from './pick-members';
import { numberAt, skipSpace, stateAt, textAt } from './pick-values';
import type { ScannedElement } from './scan-objects';

/** The members of a task of /state that `pickLiveTask` goes by, for the scanner to find. */
export const LIVE_TASK_NAMES = memberNames('state', 'id', 'framework_id', 'slave_id', 'statuses');
const STATUS_NAMES = memberNames('state', 'timestamp');
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Reads a live task of /state by its five members that count. Most of /state are live tasks, and a full parse of
 * each would cost as much as parsing the document. Null: ended, being killed or odd in any way; the full parser
 * decides.
 * `intern` lends one string to all tasks of an agent and of a framework.
 */
export function pickLiveTask(
  { text: { bytes }, found }: Pick<ScannedElement, 'text' | 'found'>,
  intern: (text: string) => string,
): LiveTask | null {
  const state = stateAt(bytes, valueAt(bytes, found[0]));
  if (state === null || isEndState(state)) return null;
  if (state === 'TASK_KILLING') return null; // Since when takes all its statuses.
  const taskId = asId(textAt(bytes, valueAt(bytes, found[1])));
  const frameworkId = asId(textAt(bytes, valueAt(bytes, found[2])));
  const agentId = asId(textAt(bytes, valueAt(bytes, found[3])));
  if (taskId === null || frameworkId === null || agentId === null) return null;
  const firstStatusAt = firstTime(bytes, valueAt(bytes, found[4]));
  if (firstStatusAt === undefined) return null;
  return {
    frameworkId: intern(frameworkId),
    taskId,
    agentId: intern(agentId),
    state,
    firstStatusAt,
    killingSince: null,
  };
}

/** Where the value of a member begins; behind the text where it was not found. */
export function valueAt(bytes: Buffer, found: number | undefined): number {
  return found === undefined || found === -1 ? bytes.length : skipSpace(bytes, found);
}

/** When the first status was; null where the list is empty, undefined where it takes a parser to tell. */
function firstTime(bytes: Buffer, list: number): Date | null | undefined {
  if (bytes[list] !== OPEN_BRACKET) return undefined;
  const first = skipSpace(bytes, list + 1);
  if (bytes[first] === CLOSE_BRACKET) return null;
  const at = pickMembers(bytes, STATUS_NAMES, first);
  if (at === null || at[0] === undefined || stateAt(bytes, at[0]) === null) return undefined;
  return asInstant(numberAt(bytes, at[2] ?? -1)) ?? undefined;
}
