import { since } from '../model/mesos-version';
import type { Task } from '../model/task';
import type { World } from '../model/world';
import { taskJson } from './task-json';

const LIMIT = 100;

/**
 * `GET /tasks`: 100 tasks unless told otherwise, those first whose oldest status is newest, and since 1.4 those of one id
 * or one framework alone.
 */
export function tasksJson(
  world: World,
  view: { leads: boolean },
  query: URLSearchParams,
): { tasks: unknown[] } {
  if (!view.leads) return { tasks: [] };
  const { version, master } = world;
  const hasFilter = since(version, '1.4');
  const taskId = hasFilter ? query.get('task_id') : null;
  const frameworkId = hasFilter ? query.get('framework_id') : null;
  const tasks = [...master.frameworks.values(), ...master.completedFrameworks]
    .filter(({ id }) => frameworkId === null || id === frameworkId)
    .flatMap(({ tasks: alive, unreachable, completed }) => [
      ...alive.values(),
      ...unreachable.values(),
      ...completed,
    ])
    .filter(({ id }) => taskId === null || id === taskId)
    .sort((a, b) => firstTime(b) - firstTime(a));
  if (query.get('order') === 'asc') tasks.reverse();
  const offset = wholeOf(query.get('offset'), 0);
  const limit = wholeOf(query.get('limit'), LIMIT);
  return { tasks: tasks.slice(offset, offset + limit).map((task) => taskJson(version, task)) };
}

/** Tasks without a status come last. */
function firstTime({ statuses }: Task): number {
  return statuses[0]?.timestamp ?? 0;
}

function wholeOf(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}
