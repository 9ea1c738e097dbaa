import { isEndState, type MesosTask } from '@/lib/domain/task';

import { parseTask } from './parse-task';
import { memberNames, pickMembers, plainText } from './pick-members';
import { type BodyScan, scanBody } from './scan-body';
import { createObjectScanner } from './scan-objects';
import { compileScanPlan } from './scan-plan';

const EXECUTORS = ['frameworks', 'completed_frameworks'].flatMap((frameworks) =>
  ['executors', 'completed_executors'].map((executors) => `${frameworks}[].${executors}[]`),
);
// `tasks` holds what has ended and is not acknowledged yet, too.
const PLACES = EXECUTORS.flatMap((executor) => [`${executor}.tasks[]`, `${executor}.completed_tasks[]`]);
const PLAN = compileScanPlan({
  emit: PLACES,
  // What has not begun cannot have ended; the rest of an executor is of no use, and there may be thousands.
  skip: EXECUTORS.flatMap((executor) =>
    ['queued_tasks', 'resources', 'labels', 'container', 'directory', 'name', 'source'].map(
      (name) => `${executor}.${name}`,
    ),
  ),
});
const STATE = memberNames('state');

/**
 * The ended tasks in an agent's /state, as a stream: what runs, what ran, and what completed frameworks ran, told one by
 * one to `onEnd`. It tells statuses with their times, never message or reason (reference B1). What cannot be understood
 * is passed over. `failure`: what ended the body before its end.
 *
 * Memory: one task.
 */
export async function readHistory(
  body: AsyncIterable<Buffer>,
  onEnd: (task: MesosTask) => void,
): Promise<Pick<BodyScan, 'failure' | 'problem'>> {
  return await scanBody(
    body,
    createObjectScanner({
      plan: PLAN,
      onElement(raw) {
        const at = pickMembers(raw, STATE);
        const state = at === null ? null : plainText(raw, at[0], at[1]);
        if (state !== null && !isEndState(state)) return;
        const { task } = parseTask(parsed(raw), 'completed_tasks');
        if (task !== null && isEndState(task.state)) onEnd(task);
      },
      onOversized: () => {},
    }),
  );
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return null;
  }
}
