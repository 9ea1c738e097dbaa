import type { Agent } from '../model/agent';
import type { Framework } from '../model/framework';
import { RELEASES } from '../model/mesos-version';
import type { Task } from '../model/task';
import type { World } from '../model/world';
import type { Simulation } from '../simulation';
import { type Exchange, sendJson, sendText } from './reply';
import { resourcesJson, taskJson } from './task-json';

const MAX_COMPLETED_EXECUTORS = 150;

/** All agents behind one listener, told apart by their process: `/slave(7)/state`. An absent agent does not answer. */
export function answerAsAgent(simulation: Simulation, exchange: Exchange): void | Promise<void> {
  simulation.catchUp();
  const { world } = simulation;
  const [, process, path] = /^\/slave\((\d+)\)(\/.*)$/.exec(decodeURI(exchange.url.pathname)) ?? [];
  const agent = [...world.master.agents.values()].find((one) => one.process === Number(process));
  if (agent === undefined) return sendText(exchange, 404, '');
  if (agent.presence !== 'registered') {
    exchange.response.destroy();
    return;
  }
  if (path === '/health') return sendText(exchange, 200, '');
  if (path === '/state' || path === '/state.json') return sendJson(exchange, agentState(world, agent), null);
  return sendText(exchange, 404, '');
}

function agentState(world: World, agent: Agent): Record<string, unknown> {
  const frameworks = [...world.master.frameworks.values()];
  return {
    version: RELEASES[world.version].mesos,
    build_date: '2020-11-24 09:14:11',
    build_time: 1_606_209_251,
    build_user: 'root',
    start_time: world.timeline.stampOf(agent.registeredAt),
    id: agent.id,
    pid: `slave(${agent.process})@${agent.ip}:5051`,
    hostname: agent.hostname,
    resources: { cpus: agent.cpus, mem: agent.mem, disk: agent.disk, ports: '[31000-32000]' },
    attributes: agent.attributes,
    frameworks: frameworks.map((framework) => agentFramework(world, agent, framework)),
    completed_frameworks: world.master.completedFrameworks.map((one) => agentFramework(world, agent, one)),
  };
}

function agentFramework(world: World, agent: Agent, framework: Framework): Record<string, unknown> {
  const alive = [...framework.tasks.values()].filter((task) => task.agent === agent);
  const ended = framework.completed.filter((task) => task.agent === agent).slice(-MAX_COMPLETED_EXECUTORS);
  return {
    id: framework.id,
    name: framework.name,
    user: framework.user,
    failover_timeout: framework.failoverTimeout,
    checkpoint: true,
    hostname: framework.hostname,
    principal: framework.principal,
    role: framework.role,
    executors: alive.map((task) => executorJson(world, task, false)),
    completed_executors: ended.map((task) => executorJson(world, task, true)),
  };
}

function executorJson(world: World, task: Task, hasEnded: boolean): Record<string, unknown> {
  const executor = task.executorId === '' ? task.id : task.executorId;
  const container = task.parentContainerId ?? task.containerId;
  const json = [taskJson(world.version, task)];
  return {
    id: executor,
    name: task.name,
    source: task.id,
    container,
    directory: `/var/lib/mesos/slaves/${task.agent.id}/frameworks/${task.frameworkId}/executors/${executor}/runs/${container}`,
    resources: resourcesJson(world.version, task),
    tasks: hasEnded ? [] : json,
    queued_tasks: [],
    completed_tasks: hasEnded ? json : [],
  };
}
