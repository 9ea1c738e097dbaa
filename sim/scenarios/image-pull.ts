import { currentVersion } from '../model/app';
import { deploy } from '../model/deployment';
import { pullFailed } from '../model/endings';
import { after, randomOf, type World } from '../model/world';
import { appNamed, currentTag, isDeploying, nextTag } from './releases';
import type { Scenario } from './scenario';
import { atStoryTimes } from './story-times';

const MISTYPED = '/media/thumbnailer';
const RELEASED_IN_OUTAGE = ['/shop/catalog', '/platform/feature-flags', '/shop/payments'] as const;

/** Images that cannot be had: a tag nobody pushed, and a registry that does not answer for a while. */
export function prepareImagePull(world: World): Scenario {
  const random = randomOf(world, 'image-pull');
  const missing = new Set<string>();
  let registryDownUntil = 0;
  let stories = 0;

  world.fates.push((task) => {
    if (task.image === null || task.kind !== 'docker') return null;
    const isDown = world.now < registryDownUntil;
    if (!isDown && !missing.has(task.image)) return null;
    const stderr = isDown
      ? 'Error response from daemon: Get "https://registry.example.test/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)'
      : `Error response from daemon: manifest for ${task.image} not found: manifest unknown: manifest unknown`;
    const afterSeconds = isDown ? random.between(15, 25) : random.between(1, 3);
    return { kind: 'never-runs', afterSeconds, report: pullFailed(world.version, task.image, stderr) };
  });

  function mistype(): void {
    const app = appNamed(world, MISTYPED);
    const right = nextTag(app);
    const wrong = `${right}-rc`;
    missing.add(`${app.shape.image}:${wrong}`);
    deploy(world, app, { tag: wrong });
    after(world, random.between(14, 26) * 60, () => {
      if (currentTag(app) === wrong) deploy(world, app, { tag: right });
    });
  }

  function loseRegistry(): void {
    registryDownUntil = world.now + random.between(5, 9) * 60;
    const app = appNamed(world, random.pick(RELEASED_IN_OUTAGE));
    if (!isDeploying(world, app))
      deploy(world, app, { tag: nextTag(app), env: currentVersion(app).definition.env });
  }

  function tellOne(): void {
    if (stories % 2 === 0) mistype();
    else loseRegistry();
    stories += 1;
  }

  return {
    tell() {
      atStoryTimes(
        world,
        { days: [-6.1, -4.4, -3.1, -1.4, -0.3], thenEveryDays: 1.7, soonMinutes: 9 },
        tellOne,
      );
    },
    trigger: tellOne,
  };
}
