import type { Batch, Job } from '../model/batch';
import { after, randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';

const SECONDS = 90;
const OVERRUN = 1.25;
const JOB: Job = {
  name: 'backfill-thumbnails',
  kind: 'docker',
  mem: 64,
  seconds: [1, 4],
  failureShare: 0.03,
  exitCodes: [1],
};

/** So many short jobs at once that the master's ring of completed tasks is overrun between two polls. */
export function prepareStorm(world: World, batch: Batch): Scenario {
  const random = randomOf(world, 'storm');
  return {
    // Only on order: it would drown everything else of an invented week.
    tell() {},
    trigger() {
      const jobs = Math.ceil(world.master.ringSize * OVERRUN);
      for (let job = 0; job < jobs; job += 1) after(world, random.between(1, SECONDS), () => batch.run(JOB));
    },
  };
}
