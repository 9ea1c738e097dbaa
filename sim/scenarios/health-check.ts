import { killUnhealthy } from '../model/marathon';
import type { Task } from '../model/task';
import { after, randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';

const MEAN_HOURS = 7;
const CHECKED_BY_MARATHON = '/shop/checkout';
/** Its executor checks it, and the status itself says `healthy: false`. */
const CHECKED_BY_MESOS = '/api/auth';
const REASONS = [
  'ConnectionAttemptFailedException',
  'AskTimeoutException',
  '503 Service Unavailable',
  '500 Internal Server Error',
] as const;

/** Tasks that hang and are killed for failing their health check. */
export function prepareHealthCheck(world: World): Scenario {
  const random = randomOf(world, 'health-check');

  function killOneOf(appId: string): void {
    const victims: Task[] = [];
    for (const instance of world.marathon.byTask.values()) {
      if (instance.app.shape.id === appId && instance.state === 'running') victims.push(...instance.tasks);
    }
    if (victims.length > 0) killUnhealthy(world, random.pick(victims), random.pick(REASONS));
  }

  function wait(): void {
    after(world, random.exponential(MEAN_HOURS * 3600), () => {
      killOneOf(random.pick([CHECKED_BY_MARATHON, CHECKED_BY_MARATHON, CHECKED_BY_MESOS]));
      wait();
    });
  }

  return {
    tell: wait,
    trigger() {
      killOneOf(CHECKED_BY_MARATHON);
      killOneOf(CHECKED_BY_MESOS);
    },
  };
}
