import type { Agent } from '../model/agent';
import { RELEASES, since } from '../model/mesos-version';
import type { World } from '../model/world';
import { sumOf, withGpus } from './resources-json';

type Json = Record<string, unknown>;

/** Where the master and the agents listen. */
export type AgentsView = { host: string; agentsPort: number };

/** Only registered agents: an unreachable or removed one is simply missing. */
export function agentsJson(world: World, view: AgentsView): Json[] {
  return [...world.master.agents.values()]
    .filter(({ presence }) => presence === 'registered')
    .map((agent) => agentJson(world, agent, view));
}

function agentJson(world: World, agent: Agent, view: AgentsView): Json {
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
