import type { Agent } from '../model/agent';
import type { Framework } from '../model/framework';
import { RELEASES, since } from '../model/mesos-version';
import type { World } from '../model/world';
import type { AgentsView } from './agents-json';
import { getTasksLists } from './get-tasks-json';
import type { Body } from './reply';

type Json = Record<string, unknown>;

/** The body of GET_STATE's `get_state`, also the first thing a subscriber is told. */
export function getStateLists(world: World, view: AgentsView): Body {
  const tasks = getTasksLists(world);
  const executors = JSON.stringify({ executors: executorsOf(world) });
  const frameworks = JSON.stringify(getFrameworks(world));
  const agents = JSON.stringify(getAgents(world, view));
  return function* body() {
    yield '{"get_tasks":';
    yield* tasks();
    yield `,"get_executors":${executors},"get_frameworks":${frameworks},"get_agents":${agents}}`;
  };
}

/** Only registered agents. */
export function getAgents(world: World, view: AgentsView): Json {
  const agents = [...world.master.agents.values()].filter(({ presence }) => presence === 'registered');
  return { agents: agents.map((agent) => agentV1Json(world, agent, view)) };
}

export function agentV1Json(world: World, agent: Agent, view: AgentsView): Json {
  const { version } = world;
  const resources = resourcesOf(agent);
  return {
    agent_info: {
      hostname: agent.hostname,
      port: view.agentsPort,
      resources,
      attributes: Object.entries(agent.attributes).map(([name, value]) =>
        typeof value === 'number'
          ? { name, type: 'SCALAR', scalar: { value } }
          : { name, type: 'TEXT', text: { value } },
      ),
      id: { value: agent.id },
    },
    active: true,
    version: RELEASES[version].mesos,
    pid: `slave(${agent.process})@${view.host}:${view.agentsPort}`,
    registered_time: nanoseconds(world, agent.registeredAt),
    ...(agent.reregisteredAt === null ? {} : { reregistered_time: nanoseconds(world, agent.reregisteredAt) }),
    total_resources: resources,
    ...(since(version, '1.3')
      ? { capabilities: [{ type: 'MULTI_ROLE' }, { type: 'HIERARCHICAL_ROLE' }] }
      : {}),
    ...(since(version, '1.9') ? { deactivated: false } : {}),
  };
}

function resourcesOf({ cpus, mem, disk }: Agent): Json[] {
  const scalar = (name: string, value: number) => ({ name, type: 'SCALAR', scalar: { value }, role: '*' });
  const ports = { range: [{ begin: 31_000, end: 32_000 }] };
  return [
    scalar('cpus', cpus),
    scalar('mem', mem),
    scalar('disk', disk),
    { name: 'ports', type: 'RANGES', ranges: ports, role: '*' },
  ];
}

export function getFrameworks(world: World): Json {
  const { frameworks, completedFrameworks } = world.master;
  return {
    frameworks: [...frameworks.values()].map((one) => frameworkV1Json(world, one)),
    ...(completedFrameworks.length === 0
      ? {}
      : { completed_frameworks: completedFrameworks.map((one) => frameworkV1Json(world, one)) }),
  };
}

export function frameworkV1Json(world: World, framework: Framework): Json {
  const isRegistered = framework.unregisteredAt === null;
  return {
    framework_info: frameworkInfoJson(framework),
    active: isRegistered,
    connected: isRegistered,
    ...(since(world.version, '1.2') ? { recovered: false } : {}),
    registered_time: nanoseconds(world, framework.registeredAt),
    ...(framework.unregisteredAt === null
      ? {}
      : { unregistered_time: nanoseconds(world, framework.unregisteredAt) }),
  };
}

export function frameworkInfoJson(framework: Framework): Json {
  const multiRole = framework.capabilities.includes('MULTI_ROLE');
  return {
    user: framework.user,
    name: framework.name,
    id: { value: framework.id },
    failover_timeout: framework.failoverTimeout,
    checkpoint: true,
    ...(multiRole ? { roles: [framework.role] } : { role: framework.role }),
    hostname: framework.hostname,
    principal: framework.principal,
    ...(framework.webuiUrl === '' ? {} : { webui_url: framework.webuiUrl }),
    ...(framework.capabilities.length === 0
      ? {}
      : { capabilities: framework.capabilities.map((type) => ({ type })) }),
  };
}

/** Pods' executors; command tasks have none here. */
function executorsOf(world: World): Json[] {
  const seen = new Map<string, Json>();
  for (const framework of world.master.frameworks.values()) {
    for (const task of framework.tasks.values()) {
      if (task.executorId === '' || seen.has(task.executorId)) continue;
      seen.set(task.executorId, {
        executor_info: {
          type: 'DEFAULT',
          executor_id: { value: task.executorId },
          framework_id: { value: framework.id },
        },
        agent_id: { value: task.agent.id },
      });
    }
  }
  return [...seen.values()];
}

function nanoseconds({ timeline }: World, model: number): Json {
  return { nanoseconds: Math.round(timeline.stampOf(model) * 1e6) * 1000 };
}

/** A reply of the operator API: `{"type": …, "<name>": …}`. */
export function replyBody(type: string, lists: Body): Body {
  return function* body() {
    yield `{"type":"${type}","${type.toLowerCase()}":`;
    yield* lists();
    yield '}';
  };
}

export function jsonBody(value: unknown): Body {
  return () => [JSON.stringify(value)];
}
