import { RELEASES, since } from '../model/mesos-version';
import type { World } from '../model/world';
import { agentsJson } from './agents-json';
import { frameworkWriter } from './framework-json';
import { paddingBody } from './padding';
import { type Body, jsonArray } from './reply';

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
export function stateBody(world: World, view: MasterView, paddingMb = 0): Body {
  const { version, master } = world;
  const head = headJson(world, view);
  const agents = view.leads ? agentsJson(world, view) : [];
  const frameworks = view.leads ? [...master.frameworks.values()] : [];
  const completed = view.leads ? master.completedFrameworks : [];
  // First, so that what ended stands behind it: a body that is cut has lost it.
  const padding = () => paddingBody(world, paddingMb);
  const writers = frameworks.map((framework) => frameworkWriter(world, framework));
  const completedWriters = completed.map((framework) => frameworkWriter(world, framework));

  return function* body() {
    yield `${JSON.stringify(head).slice(0, -1)},"slaves":`;
    yield* jsonArray(agents, (agent) => agent);
    if (since(version, '1.2')) yield ',"recovered_slaves":[]';
    yield ',"frameworks":';
    yield* joined(view.leads && paddingMb > 0 ? [padding, ...writers] : writers);
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
