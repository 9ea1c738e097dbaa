import type { Agent } from '../model/agent';
import type { Framework } from '../model/framework';
import { type MesosVersion, RELEASES, since } from '../model/mesos-version';
import type { Task } from '../model/task';
import type { World } from '../model/world';
import { type Body, jsonArray } from './reply';
import { taskJson } from './task-json';

/** Where one master listens, and who leads as far as it knows. */
export type MasterView = {
  /** Id of this master: the model's for the leader, one of its own for the other. */
  id: string;
  host: string;
  port: number;
  leads: boolean;
  leader: { id: string; host: string; port: number } | null;
  agentsPort: number;
  startedAt: number;
};

type Json = Record<string, unknown>;

/** `/state`. A master that does not lead knows nothing: before 1.0 it says so by an almost empty state. */
export function stateBody(world: World, view: MasterView): Body {
  const { version, master } = world;
  const head = headJson(world, view);
  const agents = view.leads ? agentsJson(world, view) : [];
  const frameworks = view.leads ? [...master.frameworks.values()] : [];
  const completed = view.leads ? master.completedFrameworks : [];
  const writers = frameworks.map((framework) => frameworkWriter(world, framework));
  const completedWriters = completed.map((framework) => frameworkWriter(world, framework));

  return function* body() {
    yield `${JSON.stringify(head).slice(0, -1)},"slaves":`;
    yield* jsonArray(agents, (agent) => agent);
    if (since(version, '1.2')) yield ',"recovered_slaves":[]';
    yield ',"frameworks":';
    yield* joined(writers);
    yield ',"completed_frameworks":';
    yield* joined(completedWriters);
    // Written for compatibility by every later version too; always empty since 1.3.
    yield ',"orphan_tasks":[],"unregistered_frameworks":[]}';
  };
}

function* joined(writers: readonly Body[]): Iterable<string> {
  let separator = '[';
  for (const write of writers) {
    yield separator;
    yield* write();
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

function headJson(world: World, view: MasterView): Json {
  const { version, master, timeline } = world;
  const { leader } = view;
  const present = view.leads ? [...master.agents.values()] : [];
  return {
    version: RELEASES[version].mesos,
    build_date: '2020-11-24 09:14:11',
    build_time: 1_606_209_251,
    build_user: 'root',
    start_time: timeline.stampOf(view.startedAt),
    ...(view.leads ? { elected_time: timeline.stampOf(master.electedAt) } : {}),
    id: view.id,
    pid: `master@${view.host}:${view.port}`,
    hostname: view.host,
    ...(since(version, '1.5') ? { capabilities: ['AGENT_UPDATE', 'AGENT_DRAINING', 'QUOTA_V2'] } : {}),
    activated_slaves: present.filter(({ presence }) => presence === 'registered').length,
    deactivated_slaves: 0,
    ...(since(version, '1.2')
      ? { unreachable_slaves: present.filter(({ presence }) => presence === 'unreachable').length }
      : {}),
    ...(leader === null ? {} : { leader: `master@${leader.host}:${leader.port}` }),
    ...(leader === null || !since(version, '1.0') ? {} : { leader_info: leaderInfo(leader) }),
    cluster: 'demo',
    log_dir: '/var/log/mesos',
    flags: flagsJson(world, view),
    ...(since(version, '0.23') ? {} : oldCounters(world)),
  };
}

function leaderInfo({ id, host, port }: { id: string; host: string; port: number }): Json {
  return { id, pid: `master@${host}:${port}`, port, hostname: host };
}

function oldCounters(world: World): Json {
  const counter = (name: string) => world.master.counters.get(`master/tasks_${name}`) ?? 0;
  const names = ['finished', 'killed', 'failed', 'lost'];
  const alive = [...world.master.frameworks.values()].flatMap((one) => [...one.tasks.values()]);
  const inState = (state: string) => alive.filter((task) => task.state === state).length;
  return {
    staged_tasks: inState('TASK_STAGING'),
    started_tasks: inState('TASK_STARTING'),
    ...Object.fromEntries(names.map((name) => [`${name}_tasks`, counter(name)])),
  };
}

/** Every value is a string, as Mesos prints flags. */
export function flagsJson(world: World, view: Pick<MasterView, 'host' | 'port'>): Record<string, string> {
  const { version, master } = world;
  return {
    authenticate: 'false',
    cluster: 'demo',
    hostname: view.host,
    port: String(view.port),
    registry: 'replicated_log',
    root_submissions: 'true',
    webui_dir: '/usr/share/mesos/webui',
    work_dir: '/var/lib/mesos',
    zk: 'zk://10.20.0.1:2181,10.20.0.2:2181,10.20.0.3:2181/mesos',
    ...(since(version, '0.24')
      ? {
          max_completed_frameworks: '50',
          max_completed_tasks_per_framework: String(master.ringSize),
        }
      : {}),
    ...(since(version, '1.0')
      ? { agent_ping_timeout: '15secs', max_agent_ping_timeouts: '5', agent_reregister_timeout: '10mins' }
      : { slave_ping_timeout: '15secs', max_slave_ping_timeouts: '5', slave_reregister_timeout: '10mins' }),
    ...(since(version, '1.1') ? { registry_max_agent_age: '2weeks' } : {}),
    ...(since(version, '1.2') ? { max_unreachable_tasks_per_framework: '1000' } : {}),
    ...(since(version, '1.8') ? { max_operator_event_stream_subscribers: '1000' } : {}),
  };
}

/** Only registered agents: an unreachable or removed one is simply missing. */
export function agentsJson(world: World, view: Pick<MasterView, 'host' | 'agentsPort'>): Json[] {
  return [...world.master.agents.values()]
    .filter(({ presence }) => presence === 'registered')
    .map((agent) => agentJson(world, agent, view));
}

function agentJson(world: World, agent: Agent, view: Pick<MasterView, 'host' | 'agentsPort'>): Json {
  const { version, timeline } = world;
  const total = { cpus: agent.cpus, mem: agent.mem, disk: agent.disk, ports: '[31000-32000]' };
  const none = { cpus: 0, mem: 0, disk: 0 };
  return {
    id: agent.id,
    hostname: agent.hostname,
    pid: `slave(${agent.process})@${view.host}:${view.agentsPort}`,
    registered_time: timeline.stampOf(agent.registeredAt),
    ...(agent.reregisteredAt === null ? {} : { reregistered_time: timeline.stampOf(agent.reregisteredAt) }),
    resources: withGpus(version, total),
    attributes: agent.attributes,
    ...(since(version, '1.2') ? { port: view.agentsPort } : {}),
    ...(since(version, '0.22') ? { active: true } : {}),
    ...(since(version, '0.23')
      ? {
          used_resources: withGpus(version, sumOf(agent.tasks)),
          offered_resources: withGpus(version, none),
          reserved_resources: {},
          unreserved_resources: withGpus(version, total),
        }
      : {}),
    ...(since(version, '0.26') ? { version: RELEASES[version].mesos } : {}),
    ...(since(version, '1.3') ? { capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE'] } : {}),
    ...(since(version, '1.9') ? { deactivated: false } : {}),
  };
}

function withGpus<T extends object>(version: MesosVersion, resources: T): T & { gpus?: number } {
  return since(version, '1.0') ? { ...resources, gpus: 0 } : resources;
}

function sumOf(tasks: Iterable<Task>): { cpus: number; mem: number; disk: number } {
  let cpus = 0;
  let mem = 0;
  for (const task of tasks) {
    cpus += task.cpus;
    mem += task.mem;
  }
  return { cpus: Math.round(cpus * 100) / 100, mem, disk: 0 };
}

/** What can still change is written down now; completed tasks never change and are written while they are sent. */
function frameworkWriter(world: World, framework: Framework): Body {
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
