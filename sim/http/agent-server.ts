import { executorIdOf } from '../hosts/host-events';
import type { Agent } from '../model/agent';
import { type MesosVersion, since } from '../model/mesos-version';
import type { World } from '../model/world';
import type { Simulation } from '../simulation';
import { agentStateJson } from './agent-state-json';
import { containersJson, monitorJson } from './containers-json';
import { type Exchange, sendJson, sendText } from './reply';
import { answerFiles } from './sandbox-server';

/**
 * All agents behind one listener, told apart by their process: `/slave(7)/state`. `/files/…`, which Mesos serves
 * without it, is told apart by the agent's id in the path asked for. An absent agent does not answer.
 */
export function answerAsAgent(simulation: Simulation, exchange: Exchange): void | Promise<void> {
  simulation.catchUp();
  const { world } = simulation;
  const { agent, path } = whom(world, exchange.url);
  if (agent === undefined) return sendText(exchange, 404, '');
  if (agent.presence === 'unreachable' || agent.presence === 'removed') {
    exchange.response.destroy();
    return;
  }
  const { version } = world;
  const [, call] = /^\/files\/(browse|read|download)(?:\.json)?$/.exec(path) ?? [];
  if (call !== undefined && isOfItsTime(version, path)) return answerFiles(world, agent, exchange, call);
  if (path === '/health') return sendText(exchange, 200, '');
  if (!isOfItsTime(version, path)) return sendText(exchange, 404, '');
  switch (path.replace(/\.json$/, '')) {
    case '/state':
      return sendJson(exchange, agentStateJson(world, agent), null);
    case '/monitor/statistics':
      return sendJson(exchange, monitorJson(world, agent), null);
    case '/containers': {
      if (!since(version, '1.0')) return sendText(exchange, 404, '');
      const only = exchange.url.searchParams.get('container_id');
      return sendJson(exchange, containersJson(world, agent, only), null);
    }
    default:
      return sendText(exchange, 404, '');
  }
}

/** `.json` up to 1.7, the bare path from 0.25. `/files/download` and `/health` never had the suffix. */
function isOfItsTime(version: MesosVersion, path: string): boolean {
  if (path.endsWith('.json')) return !since(version, '1.8') && !path.startsWith('/files/download');
  return since(version, '0.25') || path === '/files/download';
}

function whom(world: World, url: URL): { agent: Agent | undefined; path: string } {
  const agents = [...world.master.agents.values()];
  const [, process, rest] = /^\/slave\((\d+)\)(\/.*)$/.exec(decodeURI(url.pathname)) ?? [];
  if (process !== undefined && rest !== undefined) {
    return { agent: agents.find((one) => one.process === Number(process)), path: rest };
  }
  const asked = url.searchParams.get('path') ?? '';
  const [, id] = /\/slaves\/([^/]+)\//.exec(asked) ?? [];
  if (id !== undefined) return { agent: world.master.agents.get(id), path: url.pathname };
  const [, executor] = /^\/frameworks\/[^/]+\/executors\/([^/]+)\//.exec(asked) ?? [];
  const holder = agents.find(({ tasks }) => [...tasks].some((task) => executorIdOf(task) === executor));
  if (executor !== undefined && holder !== undefined) return { agent: holder, path: url.pathname };
  // The first agent is the one that answers without its name, as the only one of a process does.
  return { agent: agents.find((one) => one.process === 1), path: url.pathname };
}
