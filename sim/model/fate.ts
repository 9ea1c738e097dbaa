import type { Report, Task } from './task';
import type { World } from './world';

/** What becomes of a task. Seconds are model seconds. */
export type Fate =
  /** Ends before it ever runs, `afterSeconds` after it was accepted. */
  | { kind: 'never-runs'; afterSeconds: number; report: Report }
  /** Runs for `afterSeconds` and then ends by itself. */
  | { kind: 'ends'; afterSeconds: number; report: Report };

/** How a kill goes that somebody has a say in. */
export type KillFate = {
  /** Model seconds until the container is gone. */
  afterSeconds: number;
  /** Not even SIGKILL ends it before. */
  ignoresKill: boolean;
  report: Report;
};

/** Asks everybody who has a say, in order; null: nothing is wrong with this one. */
export function fateOf(world: Pick<World, 'fates'>, task: Task): Fate | null {
  for (const hook of world.fates) {
    const fate = hook(task);
    if (fate !== null) return fate;
  }
  return null;
}

/** The same of a kill. */
export function killFateOf(world: Pick<World, 'kills'>, task: Task): KillFate | null {
  for (const hook of world.kills) {
    const fate = hook(task);
    if (fate !== null) return fate;
  }
  return null;
}
