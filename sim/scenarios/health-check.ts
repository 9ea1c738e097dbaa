import { killUnhealthy } from '../model/marathon';
import type { Task } from '../model/task';
import { after, randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';

const MEAN_HOURS = 7;
// The last is checked by its executor, not by Marathon: there the status itself says `healthy: false`.
const VICTIMS = ['/shop/checkout', '/shop/checkout', '/api/auth'] as const;
const REASONS = [
  'ConnectionAttemptFailedException',
  'AskTimeoutException',
  '503 Service Unavailable',
  '500 Internal Server Error',
] as const;

/** Tasks that hang and are killed for failing their health check. */
export function prepareHealthCheck(world: World): Scenario {
  const random = randomOf(world, 'health-check');

  function killOne(): void {
    const appId = random.pick(VICTIMS);
    const victims: Task[] = [];
    for (const instance of world.marathon.byTask.values()) {
      if (instance.app.shape.id === appId && instance.state === 'running') victims.push(...instance.tasks);
    }
    if (victims.length > 0) killUnhealthy(world, random.pick(victims), random.pick(REASONS));
  }

  function wait(): void {
    after(world, random.exponential(MEAN_HOURS * 3600), () => {
      killOne();
      wait();
    });
  }

  return { tell: wait, trigger: killOne };
}
