import type { Batch, Job } from '../model/batch';
import { exited, killedByKernel } from '../model/endings';
import { report } from '../model/launch';
import { after, randomOf, type World } from '../model/world';

const HOURS = 12;
const MEAN_MINUTES_BETWEEN_FAILURES = 9;
const PROBE: Job = {
  name: 'probe-storefront',
  kind: 'docker',
  mem: 64,
  seconds: [4, 20],
  failureShare: 0.04,
  exitCodes: [1, 255],
};

/**
 * Makes the hours after a start of the program lively, for whoever has just opened it: a short job ends every forty
 * seconds or so, and now and then a service fails. At `real time` pace the rest of the fleet is too quiet to watch.
 */
export function welcomeVisitors(world: World, batch: Batch): void {
  const random = randomOf(world, `visitors-${Math.round(world.now)}`);
  const until = world.now + HOURS * 3600;

  function probe(): void {
    if (world.now > until) return;
    batch.run(PROBE);
    after(world, random.between(28, 52), probe);
  }

  function failSomething(): void {
    if (world.now > until) return;
    const running = [...world.marathon.byTask.values()].filter(
      ({ state, app }) => state === 'running' && app.shape.kind !== 'pod',
    );
    const task = running.length === 0 ? undefined : random.pick(running).tasks[0];
    if (task !== undefined) {
      const code = random.pick([1, 1, 137, 139, 143, 255]);
      const isOom = code === 137 && task.kind === 'docker';
      report(
        world,
        task,
        isOom ? killedByKernel(world.version, task, 'container') : exited(world.version, task, code),
      );
    }
    after(world, random.exponential(MEAN_MINUTES_BETWEEN_FAILURES * 60), failSomething);
  }

  after(world, 5, probe);
  after(world, 45, failSomething);
}
