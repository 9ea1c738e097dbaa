import type { MesosTask } from './task';

/** An ended task that the master told in these very words before, and that is stored: it needs no second look. */
export type SeenEnd = {
  /** Its raw identity, see `endKey`. */
  key: string;
  frameworkId: string;
  agentId: string;
  list: MesosTask['list'];
  /** Time of the first status: part of the identity. */
  firstStatusAt: Date | null;
  /** Time of the last status. */
  finishedAt: Date | null;
  /** Digests of the bytes that told it: of its element in /state, and of the one in GET_TASKS. */
  words: readonly string[];
};

/** What the last polls told and is stored, by digest of the bytes. */
export type SeenEnds = ReadonlyMap<string, SeenEnd>;

/** Names an ended task by its raw identity: framework, task, agent, and the time of the first status. */
export function endKey(
  { frameworkId, taskId, agentId }: Pick<MesosTask, 'frameworkId' | 'taskId' | 'agentId'>,
  firstStatusAt: Date | null,
): string {
  // NUL cannot stand in a Mesos id.
  return `${frameworkId}\0${taskId}\0${agentId}\0${firstStatusAt?.getTime() ?? ''}`;
}

/** The task id in a key of `endKey`. */
export function taskIdOf(key: string): string {
  const from = key.indexOf('\0') + 1;
  return key.slice(from, key.indexOf('\0', from));
}
