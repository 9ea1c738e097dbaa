import { createHost } from '../hosts/host';
import { createHostLog } from '../hosts/host-log';
import { createAgents } from './agent';
import type { App, Marathon } from './app';
import { APPS, type AppShape } from './app-catalogue';
import { createEventQueue } from './event-queue';
import { createFramework, type Framework } from './framework';
import { addInstance, onMarathonStatus } from './marathon';
import type { Master } from './master';
import { type MesosVersion, since } from './mesos-version';
import { createRandom } from './random';
import type { Timeline } from './timeline';
import { at, isoOf, type World } from './world';

export const AGENT_COUNT = 24;
const DAY_SECONDS = 86_400;
const FAILOVER_SECONDS = 604_800;

export type WorldShape = {
  seed: number;
  version: MesosVersion;
  timeline: Timeline;
  /** Model second of the master's election. */
  startAt: number;
  presentAt: number;
  ringSize: number;
  taskKilling: boolean;
};

/** A cluster that has just been switched on: agents registered, every app about to be launched, no story told yet. */
export function createWorld(shape: WorldShape): World {
  const { seed, version, timeline, startAt, presentAt } = shape;
  const random = createRandom(seed, 'world');
  const ids = createRandom(seed, `ids-${startAt}`);
  const master = createMaster(shape, ids.uuid());
  const framework = createMarathonFramework(master, version, shape.taskKilling);
  const marathon: Marathon = { framework, apps: new Map(), deployments: new Map(), byTask: new Map() };
  const world: World = {
    seed,
    version,
    timeline,
    queue: createEventQueue(),
    random,
    ids,
    now: startAt,
    presentAt,
    master,
    marathon,
    fates: [],
    kills: [],
    temptingAgents: new Map(),
    hosts: new Map(),
    hostLog: createHostLog(),
    dockerIds: createRandom(seed, `docker-${startAt}`),
    incidents: [],
    listeners: new Set(),
    marathonListeners: new Set(),
    taskKilling: shape.taskKilling,
  };
  for (const agent of master.agents.values()) {
    const host = createHost(agent, seed, version, startAt);
    world.hosts.set(agent.hostname, host);
    agent.attributes.kernel = host.kernel;
  }
  master.frameworks.set(framework.id, framework);
  framework.onStatus = (task, status) => onMarathonStatus(world, task, status);
  // Pods came with Marathon 1.4.
  const apps = since(version, '1.4') ? APPS : APPS.filter(({ kind }) => kind !== 'pod');
  apps.forEach((app, index) => {
    addApp(world, app, index);
  });
  return world;
}

function createMaster(shape: WorldShape, id: string): Master {
  const { seed, startAt, ringSize } = shape;
  const agents = createAgents(AGENT_COUNT, id, startAt, createRandom(seed, 'agents'));
  return {
    id,
    seat: 0,
    standby: { id: createRandom(seed, 'other-master').uuid(), startedAt: startAt - 12 },
    startedAt: startAt - 12,
    electedAt: startAt,
    ringSize,
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    frameworks: new Map(),
    completedFrameworks: [],
    forgottenFrameworks: [],
    counters: new Map(),
    ends: [],
    agentsSeen: agents.length,
  };
}

function createMarathonFramework(master: Master, version: MesosVersion, taskKilling: boolean): Framework {
  const partitionAware = since(version, '1.4');
  return createFramework({
    id: `${master.id}-0000`,
    name: 'marathon',
    user: 'root',
    hostname: 'marathon-1.fra1.example.test',
    webuiUrl: 'http://marathon-1.fra1.example.test:8080',
    principal: 'marathon',
    role: '*',
    capabilities: [
      ...(taskKilling && since(version, '0.28') ? ['TASK_KILLING_STATE'] : []),
      ...(partitionAware ? ['PARTITION_AWARE'] : []),
      ...(since(version, '1.11') ? ['MULTI_ROLE'] : []),
    ],
    failoverTimeout: FAILOVER_SECONDS,
    partitionAware,
    registeredAt: master.electedAt + 5,
  });
}

function addApp(world: World, shape: AppShape, index: number): void {
  // Their definitions are older than this master: weeks apart, for a list of versions that looks lived in.
  const defined = isoOf(world, world.now - (20 - index) * DAY_SECONDS - index * 4177);
  const { tag, mem, cpus, instances, env } = shape;
  const app: App = {
    shape,
    versions: [{ version: defined, config: 1, definition: { tag, mem, cpus, instances, env } }],
    instances: new Set(),
    lastScalingAt: defined,
    lastConfigChangeAt: defined,
    lastTaskFailure: null,
    backoffSeconds: 0,
    backoffUntil: 0,
    waitingSince: null,
  };
  world.marathon.apps.set(shape.id, app);
  at(world, world.now + 30 + index * 4, () => {
    for (let added = 0; added < instances; added += 1) addInstance(world, app);
  });
}
