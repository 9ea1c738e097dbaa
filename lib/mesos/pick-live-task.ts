import type { LiveTask } from '@/lib/domain/snapshot';
import { isEndState } from '@/lib/domain/task';
import { asInstant } from '@/lib/upstream/loose-json';

import { memberNames } from './pick-members';
import { idAt, numberAt, skipSpace, stateAt, valueAt } from './pick-values';
import { scanObject } from './scan-object';
import type { ScannedElement } from './scan-objects';
import type { TextPool } from './text-pool';

/** The members of a task of /state that `pickLiveTask` goes by, for the scanner to find. */
export const LIVE_TASK_NAMES = memberNames('state', 'id', 'framework_id', 'slave_id', 'statuses');
const STATUS_NAMES = memberNames('state', 'timestamp');
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;

// Filled anew for each status; this runs 200,000 times a poll.
const ofStatus = new Int32Array(STATUS_NAMES.length);

/**
 * Reads a live task of /state by its five members that count. Most of /state are live tasks, and a full parse of
 * each would cost as much as parsing the document. Null: ended, being killed or odd in any way; the full parser
 * decides.
 */
export function pickLiveTask(
  { text, found }: Pick<ScannedElement, 'text' | 'found'>,
  texts: TextPool,
): LiveTask | null {
  const { bytes } = text;
  const state = stateAt(bytes, valueAt(bytes, found[0]));
  if (state === null || isEndState(state)) return null;
  if (state === 'TASK_KILLING') return null; // Since when takes all its statuses.
  const taskId = idAt(bytes, valueAt(bytes, found[1]));
  const frameworkId = idAt(bytes, valueAt(bytes, found[2]), texts);
  const agentId = idAt(bytes, valueAt(bytes, found[3]), texts);
  if (taskId === null || frameworkId === null || agentId === null) return null;
  const firstStatusAt = firstTime(text, valueAt(bytes, found[4]));
  if (firstStatusAt === undefined) return null;
  return { frameworkId, taskId, agentId, state, firstStatusAt, killingSince: null };
}

/** When the first status was; null where the list is empty, undefined where it takes a parser to tell. */
function firstTime(text: ScannedElement['text'], list: number): Date | null | undefined {
  const { bytes } = text;
  if (bytes[list] !== OPEN_BRACKET) return undefined;
  const first = skipSpace(bytes, list + 1);
  if (bytes[first] === CLOSE_BRACKET) return null;
  if (bytes[first] !== OPEN_BRACE) return undefined;
  scanObject(text, first, STATUS_NAMES, ofStatus, false);
  if (stateAt(bytes, valueAt(bytes, ofStatus[0])) === null) return undefined;
  return asInstant(numberAt(bytes, valueAt(bytes, ofStatus[1]))) ?? undefined;
}
