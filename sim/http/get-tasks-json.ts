import type { Framework } from '../model/framework';
import { type MesosVersion, since } from '../model/mesos-version';
import type { Task, TaskStatus } from '../model/task';
import type { World } from '../model/world';
import { type Body, jsonArray } from './reply';
import { containerJson, containerStatusJson, discoveryJson, healthCheckJson } from './task-json';

/** `get_tasks`: every framework's tasks in flat lists, statuses with message, reason and source. */
export function getTasksLists(world: World): Body {
  const { version } = world;
  const frameworks = [...world.master.frameworks.values(), ...world.master.completedFrameworks];
  // Living tasks may change while a slow client reads: they are written down now. Completed ones never change.
  const tasks = frozen(version, frameworks, (framework) => framework.tasks.values());
  const unreachable = frozen(version, frameworks, (framework) => framework.unreachable.values());
  const completed = frameworks.flatMap((framework) => framework.completed);
  // Empty lists are left out before 1.10, as generic protobuf JSON does.
  const all = since(version, '1.10');

  return function* body() {
    yield '{';
    let comma = '';
    if (all || tasks !== '[]') {
      yield `"tasks":${tasks}`;
      comma = ',';
    }
    if (since(version, '1.2') && (all || unreachable !== '[]')) {
      yield `${comma}"unreachable_tasks":${unreachable}`;
      comma = ',';
    }
    if (all || completed.length > 0) {
      yield `${comma}"completed_tasks":`;
      yield* jsonArray(completed, (task) => taskV1Json(version, task));
    }
    yield '}';
  };
}

function frozen(
  version: MesosVersion,
  frameworks: Framework[],
  listOf: (framework: Framework) => Iterable<Task>,
): string {
  return JSON.stringify(
    frameworks.flatMap((one) => [...listOf(one)].map((task) => taskV1Json(version, task))),
  );
}

/** A task in the operator API's words: `agent` for slave, ids as objects, labels in an object of their own. */
export function taskV1Json(version: MesosVersion, task: Task): Record<string, unknown> {
  const labels = Object.entries(task.labels).map(([key, value]) => ({ key, value }));
  const last = task.statuses.at(-1);
  return {
    name: task.name,
    task_id: { value: task.id },
    framework_id: { value: task.frameworkId },
    ...(task.executorId === '' ? {} : { executor_id: { value: task.executorId } }),
    agent_id: { value: task.agent.id },
    state: task.state,
    resources: resourcesV1Json(version, task),
    ...(task.statuses.length === 0
      ? {}
      : { statuses: task.statuses.map((status) => statusV1Json(version, task, status)) }),
    ...(last === undefined ? {} : { status_update_state: last.state, status_update_uuid: last.uuid }),
    ...(labels.length === 0 ? {} : { labels: { labels } }),
    ...(task.hostPort === null ? {} : { discovery: discoveryJson(task) }),
    ...(task.image === null ? {} : { container: containerJson(task) }),
    ...(since(version, '1.8') && task.mesosChecks ? { health_check: healthCheckJson(task) } : {}),
    user: task.user,
  };
}

/** A status in the operator API's words. `data` only goes with the update itself; the master does not keep it. */
export function statusV1Json(version: MesosVersion, task: Task, status: TaskStatus): Record<string, unknown> {
  const { limitationMb } = status;
  return {
    task_id: { value: task.id },
    state: status.state,
    ...(status.message === null ? {} : { message: status.message }),
    source: v1Word(`SOURCE_${status.source}`),
    ...(status.reason === null ? {} : { reason: v1Word(`REASON_${status.reason}`) }),
    agent_id: { value: task.agent.id },
    ...(task.executorId === '' ? {} : { executor_id: { value: task.executorId } }),
    timestamp: status.timestamp,
    uuid: status.uuid,
    ...(status.healthy === undefined ? {} : { healthy: status.healthy }),
    ...(status.withContainer ? { container_status: containerStatusJson(version, task, status) } : {}),
    ...(status.state === 'TASK_UNREACHABLE'
      ? { unreachable_time: { nanoseconds: Math.round(status.timestamp * 1e6) * 1000 } }
      : {}),
    ...(limitationMb === undefined || !since(version, '1.1')
      ? {}
      : {
          limitation: {
            resources: [{ name: 'mem', type: 'SCALAR', scalar: { value: limitationMb }, role: '*' }],
          },
        }),
  };
}

function resourcesV1Json(version: MesosVersion, task: Task): Record<string, unknown>[] {
  const role = since(version, '1.3') ? { role: '*', allocation_info: { role: task.role } } : { role: '*' };
  const scalar = (name: string, value: number) => ({ name, type: 'SCALAR', scalar: { value }, ...role });
  const ports = {
    name: 'ports',
    type: 'RANGES',
    ranges: { range: [{ begin: task.hostPort, end: task.hostPort }] },
  };
  return [
    scalar('cpus', task.cpus),
    scalar('mem', task.mem),
    ...(task.hostPort === null ? [] : [{ ...ports, ...role }]),
  ];
}

function v1Word(word: string): string {
  return word.replaceAll('SLAVE', 'AGENT');
}
