import type { Agent, Framework } from '@/lib/domain/cluster';
import type { SeenEnds } from '@/lib/domain/seen-ends';
import type { LiveTask, PollWarning } from '@/lib/domain/snapshot';
import { isEndState, type MesosTask, type TaskStatus } from '@/lib/domain/task';
import type { AppError } from '@/lib/errors';
import type { RejectLog } from '@/lib/upstream/reject-log';
import { digestOf } from './digest-words';
import { createEndedTasks, type EndedTasks } from './ended-tasks';
import { parseAgent } from './parse-agent';
import { frameworkIdAt, type MasterFacts, parseFrameworks, parseMaster } from './parse-master';
import { parseTask } from './parse-task';
import { pickEndedTask, STATE_TASK_NAMES } from './pick-ended-task';
import { pickLiveTask } from './pick-live-task';
import { stateAt, valueAt } from './pick-values';
import { scanBody } from './scan-body';
import { createSpanScanner, type ScannedElement } from './scan-objects';
import { compileScanPlan } from './scan-plan';
import { sharedTexts } from './text-pool';

const TASK_LISTS = ['tasks', 'completed_tasks', 'unreachable_tasks'] as const;
const FRAMEWORK_LISTS = ['frameworks', 'completed_frameworks'] as const;

const PLACES = new Map<string, { frameworks: string; list: MesosTask['list'] }>([
  ...FRAMEWORK_LISTS.flatMap((frameworks) =>
    TASK_LISTS.map((list) => [`${frameworks}[].${list}[]`, { frameworks, list }] as const),
  ),
  ['orphan_tasks[]', { frameworks: '', list: 'orphan_tasks' }],
]);

const STATE_PLAN = compileScanPlan({
  emit: [...PLACES.keys(), 'slaves[]', 'recovered_slaves[]'],
  // Executors carry commands with environments, which may hold secrets: never parsed at all.
  skip: FRAMEWORK_LISTS.flatMap((frameworks) => [`${frameworks}[].executors`, `${frameworks}[].offers`]),
});

/** Everything of one /state body, whole or cut. */
export type StateReading = {
  master: MasterFacts;
  agents: Agent[];
  frameworks: Framework[];
  ended: EndedTasks;
  live: LiveTask[];
  ringCounts: Map<string, number>;
  tasksRead: number;
  bytes: number;
  /** Why the body was not read to its end: a sentence, or what the body threw. Null: it was whole. */
  cut: { why: string; failure: AppError | null } | null;
  warnings: PollWarning[];
};

/**
 * Reads a /state body as a stream: ended tasks whole unless their words are in `seen`, live ones by a few fields, agents,
 * frameworks and the fields of the master. What cannot be understood goes to `rejectLog`. Never throws for what the body
 * is; the caller's abort passes through.
 *
 * Memory: the ended tasks, a small record per live task, one chunk.
 */
export async function readState(
  body: AsyncIterable<Buffer>,
  rejectLog: RejectLog,
  seen: SeenEnds,
): Promise<StateReading> {
  const ended = createEndedTasks();
  const live: LiveTask[] = [];
  const agents = new Map<string, Agent>();
  const rings = new Map<
    string,
    { frameworks: string; index: number; frameworkId: string | null; count: number }
  >();
  let tasksRead = 0;
  let completedAlive = 0;

  const onTask = (
    element: ScannedElement,
    { frameworks, list }: { frameworks: string; list: MesosTask['list'] },
  ) => {
    const { text, start, end, found, where, parent } = element;
    const { bytes } = text;
    tasksRead += 1;
    const ring = list === 'completed_tasks' ? ringAt(frameworks, parent) : null;
    if (ring !== null) ring.count += 1;
    const told = stateAt(bytes, valueAt(bytes, found[0]));
    const hasEnded = told !== null && isEndState(told);
    const words = hasEnded ? digestOf(bytes, start, end, 'state', list) : null;
    const known = words === null ? undefined : seen.get(words);
    if (words !== null && known !== undefined) {
      if (ring !== null) ring.frameworkId ??= known.frameworkId;
      ended.addSeen(known, words);
      return;
    }
    const liveTask = hasEnded || list === 'completed_tasks' ? null : pickLiveTask(element, sharedTexts);
    if (liveTask !== null) {
      live.push(liveTask);
      return;
    }
    const quick = hasEnded ? pickEndedTask(element, list, sharedTexts) : null;
    const { task, why } =
      quick === null ? parseTask(parsedJson(bytes, start, end), list) : { task: quick, why: '' };
    if (task === null) {
      rejectLog.add(where, why, bytes.toString('utf8', start, Math.min(end, start + 1024)));
      return;
    }
    if (ring !== null) ring.frameworkId ??= task.frameworkId;
    if (isEndState(task.state)) {
      ended.add(task, words ?? digestOf(bytes, start, end, 'state', list));
    } else if (list === 'completed_tasks') {
      // Removed while it still ran, says a comment in Mesos: it is neither alive nor ended.
      completedAlive += 1;
    } else {
      const { frameworkId, taskId, agentId, state, statuses } = task;
      const firstStatusAt = statuses[0]?.at ?? null;
      live.push({
        frameworkId,
        taskId,
        agentId,
        state,
        firstStatusAt,
        killingSince: killingSinceOf(statuses),
      });
    }
  };

  const ringAt = (frameworks: string, index: number) => {
    const key = `${frameworks} ${index}`;
    const ring = rings.get(key) ?? { frameworks, index, frameworkId: null, count: 0 };
    rings.set(key, ring);
    return ring;
  };

  const onAgent = ({ text: { bytes }, start, end, where }: ScannedElement) => {
    const isRecovered = where === 'recovered_slaves[]';
    const agent = parseAgent(parsedJson(bytes, start, end), { isRecovered });
    if (agent === null)
      rejectLog.add(
        where,
        'id: missing or not an id',
        bytes.toString('utf8', start, Math.min(end, start + 1024)),
      );
    else if (!isRecovered || !agents.has(agent.agentId)) agents.set(agent.agentId, agent);
  };

  const scan = await scanBody(
    body,
    createSpanScanner({
      plan: STATE_PLAN,
      names: STATE_TASK_NAMES,
      onSpan(element) {
        const place = PLACES.get(element.where);
        if (place === undefined) onAgent(element);
        else onTask(element, place);
      },
      onOversized: (where, sample) => rejectLog.add(where, 'larger than 8 MiB', sample),
    }),
  );

  const ringCounts = new Map<string, number>();
  for (const { frameworks, index, frameworkId, count } of rings.values()) {
    const id = frameworkIdAt(scan.remainder, frameworks, index) ?? frameworkId;
    if (id !== null) ringCounts.set(id, Math.max(count, ringCounts.get(id) ?? 0));
  }
  const isCut = scan.failure !== null || scan.problem !== null;
  return {
    master: parseMaster(scan.remainder),
    agents: [...agents.values()],
    frameworks: parseFrameworks(scan.remainder, rejectLog),
    ended,
    live,
    ringCounts,
    tasksRead,
    bytes: scan.bytes,
    cut: isCut ? { why: scan.problem ?? 'the connection broke off', failure: scan.failure } : null,
    warnings:
      completedAlive === 0
        ? []
        : [
            {
              code: 'completed_without_end',
              message: `${completedAlive} completed tasks are in no end state: they were removed while running.`,
            },
          ],
  };
}

function killingSinceOf(statuses: readonly TaskStatus[]): Date | null {
  const lastOther = statuses.findLastIndex(({ state }) => state !== 'TASK_KILLING');
  return statuses[lastOther + 1]?.at ?? null;
}

function parsedJson(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return null;
  }
}
