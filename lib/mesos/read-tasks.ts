import { isEndState, isTaskState, type MesosTask } from '@/lib/domain/task';
import type { Upstream } from '@/lib/upstream/create-upstream';
import type { RejectLog } from '@/lib/upstream/reject-log';
import type { Target } from '@/lib/upstream/source';
import { statusError, upstreamError } from '@/lib/upstream/upstream-error';

import type { EndedTasks } from './ended-tasks';
import { parseTask } from './parse-task';
import { memberNames, pickMembers, plainText } from './pick-members';
import { scanBody } from './scan-body';
import { createObjectScanner } from './scan-objects';
import { compileScanPlan } from './scan-plan';

const LISTS = ['tasks', 'completed_tasks', 'unreachable_tasks', 'orphan_tasks'] as const;
const PLACES = new Map<string, MesosTask['list']>(LISTS.map((list) => [`get_tasks.${list}[]`, list]));
const STATE = memberNames('state');
const PLAN = compileScanPlan({ emit: [...PLACES.keys()], skip: ['get_tasks.pending_tasks'] });

export type TasksReading = {
  bytes: number;
  /** Ended tasks that /state did not have: they ended since, or /state was cut. */
  added: MesosTask[];
};

/**
 * Asks the leader's operator API (since 1.0) for GET_TASKS, as JSON because the protobuf form of 1.10 and 1.11
 * forgets completed frameworks, and lays its ended tasks, which carry message, reason and source, over those of
 * /state. Its live tasks are
 * passed over.
 *
 * Errors: as `Upstream.open`, any status but 200; MESOS_BAD_PAYLOAD or MESOS_TIMEOUT for a cut answer, after
 * what was whole has been laid over.
 */
export async function readTasks(
  upstream: Upstream,
  {
    target,
    ended,
    rejectLog,
    signal,
  }: { target: Target; ended: EndedTasks; rejectLog: RejectLog; signal: AbortSignal },
): Promise<TasksReading> {
  const reply = await upstream.open({ target, path: '/api/v1', post: { type: 'GET_TASKS' }, signal });
  if (reply.status !== 200) {
    reply.discard();
    throw statusError('mesos', reply);
  }
  const added: MesosTask[] = [];
  const onElement = (raw: Buffer, where: string) => {
    const list = PLACES.get(where);
    if (list === undefined || isPlainlyLive(raw)) return;
    const { task, why } = parseTask(parsedJson(raw), list);
    if (task === null) rejectLog.add(where, why, raw.toString('utf8', 0, 1024));
    else if (isEndState(task.state) && ended.enrich(task)) added.push(task);
  };
  const scan = await scanBody(
    reply.body,
    createObjectScanner({
      plan: PLAN,
      onElement,
      onOversized: (where, sample) => rejectLog.add(where, 'larger than 8 MiB', sample),
    }),
  );
  if (scan.failure !== null) throw scan.failure;
  if (scan.problem !== null) throw upstreamError('mesos', 'badPayload', `${reply.url}: ${scan.problem}`);
  return { bytes: scan.bytes, added };
}

/** Spares the full parse of live tasks: /state told all that is wanted of them. */
function isPlainlyLive(raw: Buffer): boolean {
  const at = pickMembers(raw, STATE);
  const state = at === null ? null : plainText(raw, at[0], at[1]);
  return state !== null && isTaskState(state) && !isEndState(state);
}

function parsedJson(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return null;
  }
}
