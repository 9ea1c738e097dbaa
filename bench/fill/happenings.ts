import {
  BACK_AGAIN,
  CRASHES,
  DEPLOYED,
  type Fate,
  FINISHED,
  KILLED,
  KILLED_137,
  MYSTERY,
  NO_SPACE,
  NOT_FOUND,
  OOM,
  PULL,
  REMOVED,
  SEGFAULT,
  UNHEALTHY,
  UNREACHABLE,
} from './fates';
import { createRandom, uuidOf } from './random';
import {
  type AppInWorld,
  type Deployment,
  endsInHour,
  FAILED,
  type HostInWorld,
  KILLED_UNEXPLAINED,
  lastBefore,
  type World,
} from './world';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Kills by hand far enough from any deployment that none explains them. */
const APART_MS = 30 * MINUTE_MS;

/** One task end to be. */
export type Happening = {
  fate: Fate;
  /** Null: a job of the batch framework. */
  app: AppInWorld | null;
  host: HostInWorld;
  startedAt: Date;
  finishedAt: Date;
  /** Of the poll that saw it. */
  observedAt: Date;
  taskId: string;
  containerId: string;
  /** The one of its app that ran then. */
  deployment: Deployment | null;
};

/** The ends of one hour since the world's beginning, oldest first. The same for the same world and hour. */
export function happeningsOf(world: World, hour: number): Happening[] {
  const random = createRandom(91_000 + hour);
  const startMs = world.from.getTime() + hour * HOUR_MS;
  const latestMs = Math.min(startMs + HOUR_MS, world.now.getTime()) - 1_000;
  const total = endsInHour(world, hour);
  let serial = 0;
  const made: Happening[] = [];
  const add = (fate: Fate, app: AppInWorld | null, host: HostInWorld, at: number, ranMs: number) => {
    serial += 1;
    const uuid = uuidOf(hour, serial, random);
    made.push({
      fate,
      app,
      host,
      startedAt: new Date(at - Math.round(ranMs)),
      finishedAt: new Date(at),
      observedAt: new Date(at + 15_000),
      taskId: app ? `${app.safe}.instance-${uuid}._app.1` : `job-${serial % 400}-${uuid}`,
      containerId: uuidOf(hour, serial, random),
      deployment: app && deploymentAround(app, at),
    });
  };
  const anyTime = () => startMs + Math.floor(random() * (latestMs - startMs));
  const anyHost = () => pick(world.hostList, random);

  for (const one of world.deploymentsOf[hour] ?? []) {
    for (let kill = 0; kill < one.kills; kill += 1) {
      const at = Math.min(one.at.getTime() + 5_000 + kill * 2_000, latestMs);
      if (at < one.at.getTime()) break;
      add(DEPLOYED, one.app, anyHost(), at, ageOf(one.app, at, random));
    }
  }
  const failures = Math.round(total * FAILED);
  for (let n = 0; n < failures; n += 1) {
    const { fate, app, host, ranMs } = failureOf(world, hour, random);
    add(fate, app, host, anyTime(), ranMs);
  }
  for (let n = Math.round(total * KILLED_UNEXPLAINED); n > 0; n -= 1) {
    const app = pick(world.appList, random);
    const at = anyTime();
    if (isQuiet(app, at)) add(KILLED, app, anyHost(), at, ageOf(app, at, random));
  }
  while (made.length < total) add(FINISHED, null, anyHost(), anyTime(), (1 + random() * 40) * MINUTE_MS);
  return made.sort((a, b) => a.finishedAt.getTime() - b.finishedAt.getTime());
}

function failureOf(
  world: World,
  hour: number,
  random: () => number,
): Pick<Happening, 'fate' | 'app' | 'host'> & { ranMs: number } {
  // Another few apps and hosts are in trouble every six hours.
  const block = Math.floor(hour / 6);
  const of = <T>(list: readonly T[], few: number): T =>
    list[Math.floor(createRandom(block * 31 + Math.floor(random() * few))() * list.length)] as T;
  const host = pick(world.hostList, random);
  const dice = random();
  if (dice < 0.34)
    return {
      fate: pick(CRASHES, random),
      app: of(world.appList, 12),
      host,
      ranMs: 20_000 + random() * 60_000,
    };
  const app = pick(world.appList, random);
  const ranMs = (2 + random() * 200) * MINUTE_MS;
  if (dice < 0.44) return { fate: NO_SPACE, app, host: of(world.hostList, 5), ranMs: 2_000 };
  if (dice < 0.56) return { fate: OOM, app: leaky(world, random), host, ranMs };
  if (dice < 0.68) return { fate: KILLED_137, app: leaky(world, random), host, ranMs };
  if (dice < 0.73) return { fate: SEGFAULT, app, host, ranMs };
  if (dice < 0.76) return { fate: NOT_FOUND, app, host, ranMs: 1_500 };
  if (dice < 0.82) return { fate: PULL, app: of(world.appList, 4), host, ranMs: 3_000 };
  if (dice < 0.9) return { fate: UNHEALTHY, app: of(world.appList, 30), host, ranMs };
  if (dice < 0.92) return { fate: REMOVED, app, host: of(world.hostList, 1), ranMs };
  if (dice < 0.93) return { fate: UNREACHABLE, app, host: of(world.hostList, 2), ranMs };
  if (dice < 0.935) return { fate: BACK_AGAIN, app, host, ranMs };
  if (dice < 0.96) return { fate: MYSTERY, app, host, ranMs };
  return { fate: pick(CRASHES, random), app: null, host, ranMs: 5_000 + random() * 600_000 };
}

function leaky(world: World, random: () => number): AppInWorld {
  return world.appList[Math.floor(random() ** 2 * Math.min(150, world.appList.length))] as AppInWorld;
}

/** Since the deployment before, or some days. */
function ageOf(app: AppInWorld, at: number, random: () => number): number {
  const before = app.versions[lastBefore(app.versions, at - APART_MS)];
  return before ? at - before.getTime() - 10_000 : (1 + random() * 4) * 24 * HOUR_MS;
}

/** By the clocks' leeway of lib/ingest/marathon-context.ts. */
function deploymentAround(app: AppInWorld, at: number): Deployment | null {
  for (let index = lastBefore(app.versions, at + 5_000); index >= 0; index -= 1) {
    const one = app.deployments[index];
    if (one && at <= one.endedAt.getTime() + 15_000) return one;
    if (one && at > one.at.getTime() + HOUR_MS) break;
  }
  return null;
}

function isQuiet(app: AppInWorld, at: number): boolean {
  return lastBefore(app.versions, at + APART_MS) === lastBefore(app.versions, at - APART_MS);
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T;
}
