import type { LiveTask, MasterSnapshot } from '@/lib/domain/snapshot';
import { type EndState, isEndState } from '@/lib/domain/task';

import type { StreamEnd } from './apply-stream-ends';
import { type Memory, seenKey } from './memory';

/** An end that the event stream told and that is stored; `toldAt` is our clock, `key` its `seenKey`. */
export type ToldEnded = { key: string; state: EndState; frameworkId: string; agentId: string; toldAt: Date };

const TOLD_KEPT = 50_000;

/** Keeps in mind that an end which the stream told is stored, of many the newest 50,000. */
export function rememberTold(memory: Memory, { task, toldAt, isSinceOpened }: StreamEnd): void {
  const { toldEnded, sinceOpened } = memory;
  const key = seenKey(task);
  if (isSinceOpened && !isBridged(memory)) sinceOpened.add(key);
  if (sinceOpened.size > TOLD_KEPT) sinceOpened.delete(firstOf(sinceOpened));
  const { taskId, frameworkId, agentId, state } = task;
  if (!isEndState(state)) return;
  const before = toldEnded.get(taskId) ?? [];
  toldEnded.delete(taskId);
  toldEnded.set(taskId, [...before.slice(-9), { key, state, frameworkId, agentId, toldAt }]);
  if (toldEnded.size > TOLD_KEPT) toldEnded.delete(firstOf(toldEnded.keys()));
}

/** Whether all that ended up to now was told and stored, or waits to be. */
export function isBridged({ streamOpenedAt, streamLeftAt }: Memory): boolean {
  return streamOpenedAt === null && streamLeftAt === null;
}

function firstOf(keys: Iterable<string>): string {
  for (const key of keys) return key;
  return '';
}

/**
 * The snapshot without live tasks whose end the stream told after the reading began: it was read before they ended, and
 * they are neither alive now nor to be credited twice. What was back alive by then is told by the next poll.
 */
export function withoutToldEnded(
  { toldEnded }: Pick<Memory, 'toldEnded'>,
  snapshot: MasterSnapshot,
  startedAt: Date,
): MasterSnapshot {
  if (toldEnded.size === 0) return snapshot;
  const isEnded = (task: LiveTask) =>
    toldEnded
      .get(task.taskId)
      ?.some(
        (told) =>
          told.toldAt >= startedAt && told.agentId === task.agentId && told.frameworkId === task.frameworkId,
      ) === true;
  return { ...snapshot, live: snapshot.live.filter((task) => !isEnded(task)) };
}

/**
 * Notes that a whole poll has been stored: ends told before it began are in it, and from an opening of the stream before
 * that on nothing is missing.
 */
export function notePollStored(
  memory: Memory,
  { startedAt, complete }: { startedAt: Date; complete: boolean },
): void {
  for (const [taskId, told] of memory.toldEnded) {
    const young = told.filter(({ toldAt }) => toldAt >= startedAt);
    if (young.length === 0) memory.toldEnded.delete(taskId);
    else if (young.length < told.length) memory.toldEnded.set(taskId, young);
  }
  if (!complete) return;
  if (memory.streamOpenedAt !== null && startedAt > memory.streamOpenedAt) memory.streamOpenedAt = null;
  if (memory.streamLeftAt !== null && startedAt > memory.streamLeftAt) memory.streamLeftAt = null;
  if (isBridged(memory)) memory.sinceOpened.clear();
}
