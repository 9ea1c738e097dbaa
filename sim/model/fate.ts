import type { Report, Task } from './task';
import type { World } from './world';

/** What becomes of a task. Seconds are model seconds. */
export type Fate =
  /** Ends before it ever runs, `afterSeconds` after it was accepted. */
  | { kind: 'never-runs'; afterSeconds: number; report: Report }
  /** Runs for `afterSeconds` and then ends by itself. */
  | { kind: 'ends'; afterSeconds: number; report: Report };

/** Asks everybody who has a say, in order; null: nothing is wrong with this one. */
export function fateOf(world: Pick<World, 'fates'>, task: Task): Fate | null {
  for (const hook of world.fates) {
    const fate = hook(task);
    if (fate !== null) return fate;
  }
  return null;
}
