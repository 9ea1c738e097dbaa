import { killedByKernel, memoryLimitExceeded } from '../model/endings';
import { report } from '../model/launch';
import type { Task } from '../model/task';
import { randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';

/** Docker: the kernel kills at the limit and Mesos sees nothing but 137. No heap limit at all. */
const DOCKER_APP = '/search/indexer';
/** Its neighbour has a heap limit as large as its container, which leaves the rest of the JVM no room. */
const TIGHT_APP = '/search/suggest';
/** Mesos containerizer: its memory isolator tells the whole story. */
const MESOS_APP = '/analytics/report-builder';

const PERIOD_SECONDS: Record<string, number> = {
  [DOCKER_APP]: 40 * 60,
  [MESOS_APP]: 150 * 60,
  [TIGHT_APP]: 13 * 3600,
};

/** Java apps without a heap limit that fits: they fill their container and die of it, with a regular period. */
export function prepareOomJava(world: World): Scenario {
  const random = randomOf(world, 'oom-java');

  function ending(task: Task) {
    return task.kind === 'docker'
      ? killedByKernel(world.version, task, 'container')
      : memoryLimitExceeded(world.version, task.mem, random);
  }

  return {
    tell() {
      world.fates.push((task) => {
        const period = task.appId === null ? undefined : PERIOD_SECONDS[task.appId];
        if (period === undefined) return null;
        return { kind: 'ends', afterSeconds: period * random.between(0.94, 1.06), report: ending(task) };
      });
    },
    trigger() {
      for (const instance of world.marathon.byTask.values()) {
        const task = instance.tasks[0];
        if (task?.appId !== undefined && task.appId !== null && task.appId in PERIOD_SECONDS) {
          report(world, task, ending(task));
        }
      }
    },
  };
}
