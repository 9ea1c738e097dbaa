import type { LiveTask } from '@/lib/domain/snapshot';
import { isEndState, isTaskState } from '@/lib/domain/task';
import { asId, asInstant } from '@/lib/upstream/loose-json';

import { pickMembers } from './pick-members';

const STATE_NAMES = ['id', 'framework_id', 'slave_id', 'state', 'statuses'] as const;

/**
 * Reads a live task of /state by its five members that count. Most of /state are live tasks, and a full parse of
 * each would cost as much as parsing the document. Null: ended or odd in any way; the full parser decides.
 * `intern` lends one string to all tasks of an agent and of a framework.
 */
export function pickLiveTask(raw: Buffer, intern: (text: string) => string): LiveTask | null {
  const members = pickMembers(raw, STATE_NAMES);
  if (members === null) return null;
  const [id, frameworkId, agentId, state, statuses] = members.map((text) => text ?? null);
  const liveState = plain(state);
  if (liveState === null || !isTaskState(liveState) || isEndState(liveState)) return null;
  const ids = [asId(plain(id)), asId(plain(frameworkId)), asId(plain(agentId))];
  const [taskId, framework, agent] = ids;
  const first = firstStatus(statuses ?? null);
  if (taskId == null || framework == null || agent == null || first === undefined) return null;
  return {
    frameworkId: intern(framework),
    taskId,
    agentId: intern(agent),
    state: intern(liveState),
    firstStatusAt: first,
  };
}

/** The text of a JSON string without escapes; null: something else. */
function plain(json: string | null | undefined): string | null {
  if (json == null || json.length < 2 || json[0] !== '"' || json.includes('\\')) return null;
  return json.slice(1, -1);
}

/** When the first status was; null where the list is empty, undefined where it takes a parser to tell. */
function firstStatus(json: string | null): Date | null | undefined {
  if (json === null) return undefined;
  if (/^\[\s*\]$/.test(json)) return null;
  const raw = Buffer.from(json.slice(1));
  const [state, timestamp] = pickMembers(raw, ['state', 'timestamp']) ?? [];
  const known = plain(state);
  if (known === null || !isTaskState(known) || timestamp == null) return undefined;
  return asInstant(Number(timestamp)) ?? undefined;
}
