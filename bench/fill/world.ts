import { createRandom, uuidOf } from './random';

/**
 * The cluster that a filled database tells of: the same size and `now` give the same one, in every process. Ends are
 * spread over `days` before `now`, which is also when everything was last seen.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const CLUSTER = 1;
export const MASTER = '5c4b1c9e-3f0a-4d7e-8a63-9be2f7f2c001';
export const MARATHON = `${MASTER}-0000`;
export const BATCH = `${MASTER}-0001`;
export const FRAMEWORK_NAMES = new Map([
  [MARATHON, 'marathon'],
  [BATCH, 'batch'],
]);

export type FillSize = { ends: number; hosts: number; apps: number; days: number; now: Date };

export type HostInWorld = { agentId: string; hostname: string };

export type Deployment = {
  id: string;
  app: AppInWorld;
  /** When its plan was made; also the version that it brings. */
  at: Date;
  endedAt: Date;
  kills: number;
};

export type AppInWorld = {
  index: number;
  appId: string;
  /** As it stands in task ids and task names. */
  safe: string;
  name: string;
  team: string;
  image: string;
  memMb: number;
  cpus: number;
  instances: number;
  containerizer: 'DOCKER' | 'MESOS';
  /** Oldest first. */
  deployments: Deployment[];
  /** The same as instants. */
  versions: Date[];
};

export type World = FillSize & {
  from: Date;
  hostList: HostInWorld[];
  appList: AppInWorld[];
  /** By hour since `from`. */
  deploymentsOf: Deployment[][];
};

/** Of all ends. */
export const KILLED_BY_DEPLOY = 0.44;
export const FAILED = 0.07;
export const KILLED_UNEXPLAINED = 0.015;

/** Cost: about a second where there are 100,000 deployments. */
export function createWorld(size: FillSize): World {
  const random = createRandom(137);
  const from = new Date(Math.floor((size.now.getTime() - size.days * DAY_MS) / HOUR_MS) * HOUR_MS);
  const appList = Array.from({ length: size.apps }, (_, index) => createApp(index, random));
  const world: World = {
    ...size,
    from,
    appList,
    hostList: Array.from({ length: size.hosts }, (_, index) => ({
      agentId: `${MASTER}-S${index}`,
      hostname: `node-${String(index + 1).padStart(4, '0')}.fra.example.net`,
    })),
    deploymentsOf: [],
  };
  for (let hour = 0; hour < hoursOf(world); hour += 1) {
    world.deploymentsOf.push(planDeployments(world, hour, createRandom(7_000 + hour)));
  }
  return world;
}

export function hoursOf({ from, now }: Pick<World, 'from' | 'now'>): number {
  return Math.ceil((now.getTime() - from.getTime()) / HOUR_MS);
}

/** More by day than by night, UTC. */
export function endsInHour(world: Pick<World, 'ends' | 'from' | 'now'>, hour: number): number {
  const wave = 1 + 0.4 * Math.sin(((hour % 24) / 24) * 2 * Math.PI - Math.PI / 2);
  return Math.round((world.ends / hoursOf(world)) * wave);
}

function createApp(index: number, random: () => number): AppInWorld {
  const team = `team-${String(index % 60).padStart(2, '0')}`;
  const service = `service-${String(index).padStart(4, '0')}`;
  return {
    index,
    appId: `/${team}/${service}`,
    safe: `${team}_${service}`,
    name: `${service}.${team}`,
    team,
    image: `registry.example.net/${team}/${service}:3.${index % 17}.${index % 29}`,
    memMb: [256, 512, 1024, 2048, 4096][Math.floor(random() * 5)] ?? 512,
    cpus: [0.1, 0.25, 0.5, 1, 2][Math.floor(random() * 5)] ?? 0.5,
    // Few apps have hundreds of instances, most have a handful.
    instances: Math.min(400, Math.ceil(8 / (random() + 0.02))),
    containerizer: random() < 0.7 ? 'DOCKER' : 'MESOS',
    deployments: [],
    versions: [],
  };
}

/** Deployments that together kill their share of the hour's ends. */
function planDeployments(world: World, hour: number, random: () => number): Deployment[] {
  let left = Math.round(endsInHour(world, hour) * KILLED_BY_DEPLOY);
  const planned: Deployment[] = [];
  const start = world.from.getTime() + hour * HOUR_MS;
  for (let serial = 0; left > 0; serial += 1) {
    const app = world.appList[Math.floor(random() * world.appList.length)];
    if (!app) break;
    // Ends lie in the hour of their deployment, and before now.
    const at = new Date(start + Math.floor(random() * 40) * 60_000 + Math.floor(random() * 60_000));
    const kills = Math.min(app.instances, left);
    planned.push({
      id: uuidOf(hour, serial, random),
      app,
      at,
      endedAt: new Date(at.getTime() + 60_000 + kills * 2_000),
      kills,
    });
    left -= kills;
  }
  planned.sort((a, b) => a.at.getTime() - b.at.getTime());
  for (const one of planned) {
    one.app.deployments.push(one);
    one.app.versions.push(one.at);
  }
  return planned;
}

/** The index of the last of `instants` (oldest first) at or before `at`; -1: none. */
export function lastBefore(instants: readonly Date[], at: number): number {
  let low = 0;
  let high = instants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((instants[middle]?.getTime() ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
