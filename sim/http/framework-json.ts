import type { Framework } from '../model/framework';
import { type MesosVersion, since } from '../model/mesos-version';
import type { Task } from '../model/task';
import type { World } from '../model/world';
import { type Body, jsonArray } from './reply';
import { sumOf, withGpus } from './resources-json';
import { taskJson } from './task-json';

type Json = Record<string, unknown>;

/** A framework with its tasks. What can still change is written down now; completed tasks never change and are written while they are sent. */
export function frameworkWriter(world: World, framework: Framework): Body {
  const { version } = world;
  const head = JSON.stringify(frameworkHead(world, framework)).slice(0, -1);
  const list = (tasks: Iterable<Task>) => JSON.stringify([...tasks].map((task) => taskJson(version, task)));
  const tasks = list(framework.tasks.values());
  const unreachable = list(framework.unreachable.values());
  const executors = JSON.stringify(executorsJson(version, framework));
  const completed = [...framework.completed];

  return function* body() {
    yield `${head},"tasks":${tasks}`;
    if (since(version, '1.2')) yield `,"unreachable_tasks":${unreachable}`;
    if (since(version, '0.23')) yield `,"executors":${executors}`;
    yield ',"completed_tasks":';
    yield* jsonArray(completed, (task) => taskJson(version, task));
    yield '}';
  };
}

function frameworkHead({ version, timeline }: World, framework: Framework): Json {
  const used = withGpus(version, sumOf(framework.tasks.values()));
  const isRegistered = framework.unregisteredAt === null;
  const multiRole = framework.capabilities.includes('MULTI_ROLE');
  const isActiveWritten = !since(version, '0.24') || since(version, '0.26');
  return {
    id: framework.id,
    name: framework.name,
    ...(since(version, '0.24')
      ? { pid: `scheduler-${framework.name}@10.20.0.9:41771`, capabilities: framework.capabilities }
      : {}),
    used_resources: used,
    offered_resources: withGpus(version, { cpus: 0, mem: 0, disk: 0 }),
    hostname: framework.hostname,
    webui_url: framework.webuiUrl,
    ...(isActiveWritten ? { active: isRegistered } : {}),
    ...(since(version, '1.2') ? { connected: isRegistered, recovered: false } : {}),
    user: framework.user,
    failover_timeout: framework.failoverTimeout,
    checkpoint: true,
    registered_time: timeline.stampOf(framework.registeredAt),
    unregistered_time: framework.unregisteredAt === null ? 0 : timeline.stampOf(framework.unregisteredAt),
    ...(since(version, '0.27') ? { principal: framework.principal } : {}),
    resources: used,
    ...(multiRole ? { roles: [framework.role] } : { role: framework.role }),
    offers: [],
    ...(since(version, '1.11') ? { offer_constraints: {} } : {}),
  };
}

/** Only pods have executors in the master's view; command tasks have none. */
function executorsJson(version: MesosVersion, framework: Framework): Json[] {
  const seen = new Map<string, Json>();
  for (const task of framework.tasks.values()) {
    if (task.executorId === '' || seen.has(task.executorId)) continue;
    seen.set(task.executorId, {
      executor_id: task.executorId,
      name: '',
      framework_id: framework.id,
      command: { argv: [], uris: [] },
      resources: { cpus: 0.1, disk: 10, mem: 32, ...(since(version, '1.0') ? { gpus: 0 } : {}) },
      slave_id: task.agent.id,
      ...(since(version, '1.1') ? { type: 'DEFAULT' } : {}),
      ...(since(version, '1.3') ? { role: task.role } : {}),
    });
  }
  return [...seen.values()];
}
