import { penOf } from '../hosts/host-events';
import { writeKubernetesOom, writeServiceOom } from '../hosts/write-oom';
import { killedByKernel } from '../model/endings';
import { report } from '../model/launch';
import type { Task } from '../model/task';
import { after, randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';
import { openIncident, pickBusyAgent } from './story-hosts';
import { atStoryTimes } from './story-times';

/** A host runs out of memory as a whole, for something that is no container eats it: the kernel kills a container's process. */
export function prepareOomHost(world: World): Scenario {
  const random = randomOf(world, 'oom-host');
  let foreigners = 0;

  function exhaust(): void {
    const agent = pickBusyAgent(world, random);
    if (agent === null) return;
    const largest = [...agent.tasks]
      .filter(({ kind, runningSince }) => kind === 'docker' && runningSince !== null)
      .sort((a, b) => b.mem - a.mem || a.pid - b.pid);
    largest.slice(0, random.int(1, 2)).forEach((task: Task, index) => {
      after(world, 1 + index * random.between(6, 14), () =>
        report(world, task, killedByKernel(world.version, task, 'host')),
      );
    });
  }

  /** Kills at limits that are not Mesos's: a service of the host, a pod of a Kubernetes beside it. */
  function killForeigner(): void {
    const agent = pickBusyAgent(world, random, 0);
    if (agent === null) return;
    if (foreigners % 2 === 0) writeServiceOom(penOf(world, agent));
    else writeKubernetesOom(penOf(world, agent));
    foreigners += 1;
    openIncident(world, { kind: 'oom-foreign', hostname: agent.hostname })();
  }

  return {
    tell() {
      atStoryTimes(world, { days: [-6.4, -2.35], thenEveryDays: 4.6, soonMinutes: 55 }, exhaust);
      atStoryTimes(
        world,
        { days: [-6.7, -5.2, -3.9, -1.9, -0.6], thenEveryDays: 1.4, soonMinutes: 25 },
        killForeigner,
      );
    },
    trigger() {
      exhaust();
      killForeigner();
    },
  };
}
