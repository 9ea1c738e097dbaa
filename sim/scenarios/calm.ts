import { type App, currentVersion } from '../model/app';
import { deploy, scale } from '../model/deployment';
import { exited } from '../model/endings';
import type { Random } from '../model/random';
import { after, at, randomOf, type World } from '../model/world';
import { appNamed, isDeploying, nextTag } from './releases';
import type { Scenario } from './scenario';

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;
const MEAN_DAYS_TO_FAILURE = 11;
const MINUTES_BETWEEN_RELEASES = 65;
/** What services die of when nothing special is wrong; 0 is a service that just ends. */
const EXIT_CODES = [1, 1, 1, 1, 137, 139, 139, 255, 143, 134, 0] as const;
/** The shop front follows the day: hour of day (UTC) and instances wanted from then on. */
const DAILY_SCALE = [
  { hour: 7, instances: 14 },
  { hour: 17, instances: 18 },
  { hour: 22, instances: 10 },
] as const;

/** A fleet at work: releases in working hours, scaling with the day, now and then a failure. */
export function prepareCalm(world: World): Scenario {
  const random = randomOf(world, 'calm');

  function releaseOne(): void {
    const idle = [...world.marathon.apps.values()].filter((app) => !isDeploying(world, app) && isWell(app));
    if (idle.length > 0) {
      const app = random.pick(idle);
      deploy(world, app, { tag: nextTag(app) });
    }
  }

  function waitForRelease(): void {
    after(world, random.exponential(MINUTES_BETWEEN_RELEASES * 60), () => {
      if (isWorkingHour(world.now)) releaseOne();
      waitForRelease();
    });
  }

  return {
    tell() {
      world.fates.push((task) => {
        if (task.appId === null) return null;
        const afterSeconds = random.exponential(MEAN_DAYS_TO_FAILURE * DAY_SECONDS);
        return { kind: 'ends', afterSeconds, report: exited(world.version, task, random.pick(EXIT_CODES)) };
      });
      waitForRelease();
      scaleDaily(world, random);
    },
    trigger: releaseOne,
  };
}

/** Nobody releases over an app that is in trouble. */
function isWell(app: App): boolean {
  return [...app.instances].every(({ state }) => state === 'running');
}

function isWorkingHour(model: number): boolean {
  const hour = (model % DAY_SECONDS) / HOUR_SECONDS;
  return hour >= 7 && hour < 18;
}

function scaleDaily(world: World, random: Random): void {
  const app = appNamed(world, '/shop/web');
  for (const { hour, instances } of DAILY_SCALE) {
    const today = Math.floor(world.now / DAY_SECONDS) * DAY_SECONDS + hour * HOUR_SECONDS;
    const first = today > world.now + 600 ? today : today + DAY_SECONDS;
    repeatDaily(world, first + random.between(0, 600), () => {
      if (currentVersion(app).definition.instances !== instances && !isDeploying(world, app)) {
        scale(world, app, instances);
      }
    });
  }
}

function repeatDaily(world: World, moment: number, action: () => void): void {
  at(world, moment, () => {
    action();
    repeatDaily(world, moment + DAY_SECONDS, action);
  });
}
