import type { SeenEnds } from '@/lib/domain/seen-ends';
import { isEndState, type MesosTask } from '@/lib/domain/task';
import type { Upstream } from '@/lib/upstream/create-upstream';
import type { RejectLog } from '@/lib/upstream/reject-log';
import type { Target } from '@/lib/upstream/source';
import { statusError, upstreamError } from '@/lib/upstream/upstream-error';

import { digestOf } from './digest-words';
import type { EndedTasks } from './ended-tasks';
import { parseTask } from './parse-task';
import { pickEndedTask, V1_TASK_NAMES } from './pick-ended-task';
import { stateAt, valueAt } from './pick-values';
import { scanBody } from './scan-body';
import { createSpanScanner, type ScannedElement } from './scan-objects';
import { compileScanPlan } from './scan-plan';
import { sharedTexts } from './text-pool';

const LISTS = ['tasks', 'completed_tasks', 'unreachable_tasks', 'orphan_tasks'] as const;
const PLACES = new Map<string, MesosTask['list']>(LISTS.map((list) => [`get_tasks.${list}[]`, list]));
const PLAN = compileScanPlan({ emit: [...PLACES.keys()], skip: ['get_tasks.pending_tasks'] });

/**
 * Asks the leader's operator API (since 1.0) for GET_TASKS, as JSON because the protobuf form of 1.10 and 1.11
 * forgets completed frameworks, and lays its ended tasks, which carry message, reason and source, over those of
 * /state. Its live tasks
 * are passed over, and so are ended ones whose words are in `seen` where `ended` knows them too. Answers the bytes read.
 *
 * Errors: as `Upstream.open`, any status but 200; MESOS_BAD_PAYLOAD or MESOS_TIMEOUT for a cut answer, after
 * what was whole has been laid over.
 */
export async function readTasks(
  upstream: Upstream,
  {
    target,
    ended,
    seen,
    rejectLog,
    signal,
  }: { target: Target; ended: EndedTasks; seen: SeenEnds; rejectLog: RejectLog; signal: AbortSignal },
): Promise<number> {
  const reply = await upstream.open({ target, path: '/api/v1', post: { type: 'GET_TASKS' }, signal });
  if (reply.status !== 200) {
    reply.discard();
    throw statusError('mesos', reply);
  }
  const onSpan = (element: ScannedElement) => {
    const { text, start, end, found, where } = element;
    const { bytes } = text;
    const list = PLACES.get(where);
    if (list === undefined) return;
    const state = stateAt(bytes, valueAt(bytes, found[0]));
    // /state told all that is wanted of what lives.
    if (state !== null && !isEndState(state)) return;
    const words = digestOf(bytes, start, end, 'tasks', list);
    const known = state === null ? undefined : seen.get(words);
    if (known !== undefined && ended.passOver(known, words)) return;
    const quick = state === null ? null : pickEndedTask(element, list, sharedTexts);
    const { task, why } =
      quick === null ? parseTask(parsedJson(bytes, start, end), list) : { task: quick, why: '' };
    if (task === null) {
      rejectLog.add(where, why, bytes.toString('utf8', start, Math.min(end, start + 1024)));
    } else if (isEndState(task.state)) {
      ended.enrich(task, words, known);
    }
  };
  const scan = await scanBody(
    reply.body,
    createSpanScanner({
      plan: PLAN,
      names: V1_TASK_NAMES,
      onSpan,
      onOversized: (where, sample) => rejectLog.add(where, 'larger than 8 MiB', sample),
    }),
  );
  if (scan.failure !== null) throw scan.failure;
  if (scan.problem !== null) throw upstreamError('mesos', 'badPayload', `${reply.url}: ${scan.problem}`);
  return scan.bytes;
}

function parsedJson(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return null;
  }
}
