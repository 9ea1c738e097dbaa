import { executorIdOf, sandboxRoot } from '../hosts/host-events';
import type { Agent } from '../model/agent';
import type { Framework } from '../model/framework';
import { RELEASES, since } from '../model/mesos-version';
import { isTerminal, type Task } from '../model/task';
import type { World } from '../model/world';
import { isCollected } from '../sandbox/sandbox-files';
import { sumOf, withGpus } from './resources-json';
import { taskJson } from './task-json';

type Json = Record<string, unknown>;

const MAX_COMPLETED_EXECUTORS = 150;
const MAX_COMPLETED_TASKS = 200;
const MAX_COMPLETED_FRAMEWORKS = 50;
const EXECUTOR = { cpus: 0.1, mem: 32, disk: 0 } as const;

/** Tasks under one executor in one container: one for a command, all of a pod instance's. */
export type Run = { executorId: string; container: string; tasks: Task[]; isEnded: boolean };

/** An agent's `/state`. */
export function agentStateJson(world: World, agent: Agent): Json {
  const { version } = world;
  const known = knownFrameworks(world);
  const total = { cpus: agent.cpus, mem: agent.mem, disk: agent.disk, ports: '[31000-32000]' };
  return {
    version: RELEASES[version].mesos,
    build_date: '2020-11-24 09:14:11',
    build_time: 1_606_209_251,
    build_user: 'root',
    start_time: world.timeline.stampOf(agent.registeredAt),
    id: agent.id,
    pid: `slave(${agent.process})@${agent.ip}:5051`,
    hostname: agent.hostname,
    ...(since(version, '1.3') ? { capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE'] } : {}),
    resources: withGpus(version, total),
    attributes: agent.attributes,
    master_hostname: 'master-1.fra1.example.test',
    log_dir: '/var/log/mesos',
    flags: {
      containerizers: 'docker,mesos',
      gc_delay: '1weeks',
      hostname: agent.hostname,
      isolation: 'cgroups/cpu,cgroups/mem,filesystem/linux,docker/runtime',
      work_dir: '/var/lib/mesos',
    },
    frameworks: known.filter((one) => runsHere(agent, one)).map((one) => frameworkJson(world, agent, one)),
    completed_frameworks: known
      .filter((one) => !runsHere(agent, one) && agent.ended.has(one.id))
      .slice(-MAX_COMPLETED_FRAMEWORKS)
      .map((one) => frameworkJson(world, agent, one)),
  };
}

/** All that the agent may remember, whatever its master forgot. */
function knownFrameworks({ master }: World): Framework[] {
  return [...master.forgottenFrameworks, ...master.completedFrameworks, ...master.frameworks.values()];
}

/** A framework of which no executor is left counts as completed to the agent. */
function runsHere(agent: Agent, { id }: Framework): boolean {
  return [...agent.tasks].some(({ frameworkId }) => frameworkId === id);
}

function frameworkJson(world: World, agent: Agent, framework: Framework): Json {
  const runs = runsOf(agent, framework);
  const ended = runs.filter(({ isEnded }) => isEnded).slice(-MAX_COMPLETED_EXECUTORS);
  const multiRole = framework.capabilities.includes('MULTI_ROLE');
  return {
    id: framework.id,
    name: framework.name,
    user: framework.user,
    failover_timeout: framework.failoverTimeout,
    checkpoint: true,
    hostname: framework.hostname,
    principal: framework.principal,
    ...(multiRole ? { roles: [framework.role] } : { role: framework.role }),
    executors: runs.filter(({ isEnded }) => !isEnded).map((run) => executorJson(world, run)),
    completed_executors: ended.map((run) => executorJson(world, run)),
  };
}

/** Everything a framework has or had on an agent, by executor and container; the ended ones oldest first. */
export function runsOf(agent: Agent, framework: Framework): Run[] {
  const runs = new Map<string, Run>();
  const add = (task: Task) => {
    const container = task.parentContainerId ?? task.containerId;
    const run = runs.get(container) ?? {
      executorId: executorIdOf(task),
      container,
      tasks: [],
      isEnded: true,
    };
    run.tasks.push(task);
    if (!isTerminal(task.state)) run.isEnded = false;
    runs.set(container, run);
  };
  for (const task of agent.ended.get(framework.id) ?? []) add(task);
  for (const task of agent.tasks) if (task.frameworkId === framework.id) add(task);
  return [...runs.values()];
}

function executorJson(world: World, { executorId, container, tasks, isEnded }: Run): Json {
  const { version } = world;
  const [task] = tasks;
  if (task === undefined) return {};
  const isPod = task.executorId !== '';
  const living = tasks.filter(({ state }) => !isTerminal(state));
  const ended = tasks.filter(({ state }) => isTerminal(state));
  const used = sumOf(isEnded ? [] : living);
  return {
    id: executorId,
    name: isPod ? '' : `Command Executor (Task: ${task.id})`,
    source: isPod ? '' : task.id,
    container,
    // It stays in the list when the directory itself is collected.
    directory: sandboxRoot(task),
    resources: withGpus(version, {
      cpus: Math.round((used.cpus + EXECUTOR.cpus) * 100) / 100,
      mem: used.mem + EXECUTOR.mem,
      disk: 0,
    }),
    ...(since(version, '1.3') ? { role: task.role } : {}),
    ...(since(version, '1.1') && isPod ? { type: 'DEFAULT' } : {}),
    tasks: living.map((one) => taskJson(version, one)),
    queued_tasks: [],
    completed_tasks: ended.slice(-MAX_COMPLETED_TASKS).map((one) => taskJson(version, one)),
  };
}

/** Tasks of an agent whose sandboxes are still there. */
export function tasksWithSandbox(world: World, agent: Agent): Task[] {
  return knownFrameworks(world)
    .flatMap((framework) => runsOf(agent, framework))
    .flatMap(({ tasks }) => tasks)
    .filter((task) => !isCollected(world, task));
}
