import { penOf } from '../hosts/host-events';
import { processesOf } from '../hosts/processes';
import { writeChildKill } from '../hosts/write-oom';
import type { Task } from '../model/task';
import { after, randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';
import { openIncident } from './story-hosts';

const APP = '/media/transcoder';
const MEAN_HOURS = 11;

/** The kernel kills a helper at its container's limit; the main process sees it, starts another one and lives on. */
export function prepareOomChild(world: World): Scenario {
  const random = randomOf(world, 'oom-child');

  function killHelper(): void {
    const tasks: Task[] = [];
    for (const instance of world.marathon.byTask.values()) {
      if (instance.app.shape.id === APP && instance.state === 'running') tasks.push(...instance.tasks);
    }
    if (tasks.length === 0) return;
    const task = random.pick(tasks);
    const helper = processesOf(task)[1];
    if (helper === undefined) return;
    writeChildKill(penOf(world, task.agent), task, helper);
    const { hostname } = task.agent;
    openIncident(world, { kind: 'oom-child', hostname, taskId: task.id, killedPid: helper.pid })();
  }

  function wait(): void {
    after(world, random.exponential(MEAN_HOURS * 3600), () => {
      killHelper();
      wait();
    });
  }

  return { tell: wait, trigger: killHelper };
}
