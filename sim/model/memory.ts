import { limitMbOf } from '../hosts/write-oom';
import { createRandom } from './random';
import type { Task } from './task';
import type { World } from './world';

const MB = 1024 * 1024;
const DAY_SECONDS = 86_400;

export type Memory = { rssBytes: number; cacheBytes: number; limitBytes: number };

/**
 * What a running task uses at the present model second: the same for the same task and second. One whose memory will
 * be full climbs there from about a third, fast at first as a heap that is being filled is; the others hover.
 */
export function memoryOf(world: World, task: Task): Memory {
  const limitBytes = limitMbOf(task) * MB;
  const since = task.runningSince ?? world.now;
  const share = task.fullAt === null ? hover(world, task, since) : climb(world, since, task.fullAt);
  const used = Math.floor((limitBytes * share) / 4096) * 4096;
  const cacheBytes = Math.floor((used * 0.02) / 4096) * 4096;
  return { rssBytes: used - cacheBytes, cacheBytes, limitBytes };
}

function climb(world: World, since: number, fullAt: number): number {
  const part = Math.min(1, Math.max(0, (world.now - since) / (fullAt - since)));
  const wiggle = 0.008 * Math.sin(world.now / 37);
  // Never quite at the limit: what reaches it is dead.
  return Math.min(0.997, 0.33 + 0.66 * part ** 0.8 + wiggle);
}

function hover(world: World, task: Task, since: number): number {
  const random = createRandom(world.seed, `memory-${task.id}`);
  const base = random.between(0.34, 0.68);
  const warm = Math.min(1, 0.55 + (world.now - since) / 900);
  const day = 0.05 * Math.sin(((world.now % DAY_SECONDS) / DAY_SECONDS) * 2 * Math.PI - 1.9);
  const wiggle = 0.02 * Math.sin(world.now / random.between(190, 520) + random.between(0, 6));
  return base * warm + day + wiggle;
}
