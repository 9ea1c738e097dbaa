import { currentVersion, imageOf } from '../model/app';
import { deploy } from '../model/deployment';
import { exited } from '../model/endings';
import { after, randomOf, type World } from '../model/world';
import { appNamed, currentTag, nextTag } from './releases';
import type { Scenario } from './scenario';
import { atStoryTimes } from './story-times';

const VICTIMS = ['/analytics/ingest', '/billing/invoice-worker'] as const;

/** A release that exits with 1 a few seconds after it starts, until somebody rolls it back. */
export function prepareCrashLoop(world: World): Scenario {
  const random = randomOf(world, 'crash-loop');
  const broken = new Set<string>();
  let releases = 0;

  world.fates.push((task) => {
    if (task.image === null || !broken.has(task.image)) return null;
    return { kind: 'ends', afterSeconds: random.between(3, 11), report: exited(world.version, task, 1) };
  });

  function release(): void {
    const app = appNamed(world, VICTIMS[releases % VICTIMS.length] ?? VICTIMS[0]);
    releases += 1;
    const goodTag = currentTag(app);
    const badTag = nextTag(app);
    broken.add(`${app.shape.image}:${badTag}`);
    deploy(world, app, { tag: badTag });
    after(world, random.between(38, 62) * 60, () => {
      // Somebody may have released something else meanwhile.
      if (imageOf(app, currentVersion(app)) === `${app.shape.image}:${badTag}`)
        deploy(world, app, { tag: goodTag });
    });
  }

  return {
    tell() {
      atStoryTimes(world, { days: [-5.3, -2.05], thenEveryDays: 3.3, soonMinutes: 4 }, release);
    },
    trigger: release,
  };
}
