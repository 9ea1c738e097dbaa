import { asArray, asId, asRecord, asRecords, asText, type JsonRecord } from '@/lib/upstream/loose-json';

import { frameworkIdAt } from './parse-master';
import { memberNames, pickMembers, plainText } from './pick-members';
import { scanBody } from './scan-body';
import { createObjectScanner } from './scan-objects';
import { compileScanPlan } from './scan-plan';

/** A task whose sandbox is looked for. `containerId`: of any of its statuses, `parent.child` where nested. */
export type SandboxTask = {
  frameworkId: string;
  taskId: string;
  /** `''`: a command task, whose executor bears the task's id. */
  executorId: string;
  containerId: string | null;
};

const LISTS = ['frameworks', 'completed_frameworks'].flatMap((frameworks) =>
  ['executors', 'completed_executors'].map((list) => ({ place: `${frameworks}[].${list}[]`, frameworks })),
);
const FRAMEWORKS = new Map(LISTS.map(({ place, frameworks }) => [place, frameworks]));
const PLAN = compileScanPlan({ emit: [...FRAMEWORKS.keys()], skip: [] });
const ID = memberNames('id');

type Run = { place: string; parent: number; executor: JsonRecord };

/**
 * Finds the sandbox directories of tasks in one /state of their agent, read as a stream. In the order of `tasks`;
 * null: the agent does not have it, or has several runs and nothing says which. `failure`: what ended the body
 * before its end; what was found before is given all the same.
 *
 * Memory: the executors that bear a wanted id.
 */
export async function findSandboxes(body: AsyncIterable<Buffer>, tasks: readonly SandboxTask[]) {
  const wanted = new Set(tasks.map(executorOf));
  const runs: Run[] = [];
  const scan = await scanBody(
    body,
    createObjectScanner({
      plan: PLAN,
      onElement(raw, place, parent) {
        const at = pickMembers(raw, ID);
        // An id with an escape in it takes the parser.
        const id = at === null ? null : plainText(raw, at[0], at[1]);
        if (id !== null && !wanted.has(id)) return;
        const executor = parsed(raw);
        if (executor !== null && wanted.has(String(executor.id))) runs.push({ place, parent, executor });
      },
      onOversized() {},
    }),
  );
  const known = runs.map(({ place, parent, executor }) => ({
    executor,
    frameworkId: frameworkIdAt(scan.remainder, FRAMEWORKS.get(place) ?? '', parent) ?? frameworkOf(executor),
  }));
  return {
    directories: tasks.map((task) =>
      directoryOf(
        task,
        known.filter(({ frameworkId }) => frameworkId === task.frameworkId).map(({ executor }) => executor),
      ),
    ),
    failure: scan.failure,
    problem: scan.problem,
  };
}

export function executorOf({ executorId, taskId }: SandboxTask): string {
  return executorId === '' ? taskId : executorId;
}

/**
 * The path of a task's sandbox that needs no /state: since Mesos 1.5, and only for a task that had its executor
 * to itself, as `latest` is the newest run under the executor's id.
 */
export function latestRunPath(task: SandboxTask): string | null {
  const isOwn = task.executorId === '' || task.executorId === task.taskId;
  if (!isOwn || task.containerId?.includes('.')) return null;
  return `/frameworks/${task.frameworkId}/executors/${task.taskId}/runs/latest`;
}

function directoryOf(task: SandboxTask, executors: readonly JsonRecord[]): string | null {
  const ofTask = executors.filter((one) => executorOf(task) === one.id);
  const [root, ...nested] = task.containerId?.split('.') ?? [];
  const run = ofTask.find((one) => root !== undefined && one.container === root) ?? runWith(task, ofTask);
  const directory = asText(run?.directory, 4096);
  if (run === null || run === undefined || !directory?.startsWith('/')) return null;
  if (nested.length > 0) return nested.reduce((path, id) => `${path}/containers/${id}`, directory);
  // Tasks of the default executor live in nested containers, and without its id nothing says in which.
  return run.type === 'DEFAULT' ? null : directory;
}

/** The run that lists the task; else the only one, where its executor is the task's own. */
function runWith(task: SandboxTask, runs: readonly JsonRecord[]): JsonRecord | null {
  const listing = runs.filter((one) =>
    ['tasks', 'completed_tasks', 'queued_tasks'].some((list) =>
      asRecords(one[list]).some(({ id }) => asId(id) === task.taskId),
    ),
  );
  // Oldest first within a list, so the last of several runs of one id is the newest.
  if (listing.length > 0)
    return task.containerId === null || listing.length === 1 ? (listing.at(-1) ?? null) : null;
  return runs.length === 1 && executorOf(task) === task.taskId ? (runs[0] ?? null) : null;
}

function frameworkOf(executor: JsonRecord): string | null {
  for (const list of ['tasks', 'completed_tasks', 'queued_tasks']) {
    const id = asId(asRecord(asArray(executor[list])[0])?.framework_id);
    if (id !== null) return id;
  }
  return null;
}

function parsed(raw: Buffer): JsonRecord | null {
  try {
    return asRecord(JSON.parse(raw.toString('utf8')));
  } catch {
    return null;
  }
}
