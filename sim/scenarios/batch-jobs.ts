import { type Batch, type Job, registerAdHocFramework } from '../model/batch';
import { removeFramework } from '../model/master';
import { after, at, randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';

const DAY_SECONDS = 86_400;
const NIGHT_STARTS_HOUR = 1;
const NIGHTLY_RUNS = 60;
const NIGHT_SECONDS = 3 * 3600;
const MINUTES_BETWEEN_HOURLY = 9;

const HOURLY: readonly Job[] = [
  {
    name: 'sync-prices',
    kind: 'docker',
    mem: 256,
    seconds: [40, 200],
    failureShare: 0.02,
    exitCodes: [1, 255],
  },
  { name: 'purge-sessions', kind: 'mesos', mem: 128, seconds: [10, 60], failureShare: 0.01, exitCodes: [1] },
  {
    name: 'import-orders',
    kind: 'docker',
    mem: 512,
    seconds: [60, 400],
    failureShare: 0.06,
    exitCodes: [1, 1, 2],
  },
];
const NIGHTLY: readonly Job[] = [
  {
    name: 'nightly-report',
    kind: 'docker',
    mem: 1024,
    seconds: [200, 1500],
    failureShare: 0.05,
    exitCodes: [1, 137],
  },
  {
    name: 'rebuild-index',
    kind: 'docker',
    mem: 2048,
    seconds: [300, 2400],
    failureShare: 0.05,
    exitCodes: [137, 1],
  },
  {
    name: 'backup-ledger',
    kind: 'mesos',
    mem: 256,
    seconds: [100, 700],
    failureShare: 0.03,
    exitCodes: [1, 255],
  },
  {
    name: 'train-recommender',
    kind: 'docker',
    mem: 4096,
    seconds: [900, 3600],
    failureShare: 0.08,
    exitCodes: [139, 1],
  },
];

/** Jobs that are meant to end: a few each hour, many by night; and once a Spark session that was torn down. */
export function prepareBatchJobs(world: World, batch: Batch): Scenario {
  const random = randomOf(world, 'batch-jobs');

  function waitForHourly(): void {
    after(world, random.exponential(MINUTES_BETWEEN_HOURLY * 60), () => {
      batch.run(random.pick(HOURLY));
      waitForHourly();
    });
  }

  function runNight(start: number): void {
    at(world, start, () => {
      for (let run = 0; run < NIGHTLY_RUNS; run += 1) {
        after(world, random.between(0, NIGHT_SECONDS), () => batch.run(random.pick(NIGHTLY)));
      }
      runNight(start + DAY_SECONDS);
    });
  }

  function runSpark(start: number): void {
    at(world, start, () => {
      const framework = registerAdHocFramework(world, random);
      after(world, 2400, () => removeFramework(world, framework));
    });
  }

  return {
    tell() {
      waitForHourly();
      const tonight = Math.floor(world.now / DAY_SECONDS) * DAY_SECONDS + NIGHT_STARTS_HOUR * 3600;
      runNight(tonight > world.now + 600 ? tonight : tonight + DAY_SECONDS);
      const spark = world.presentAt - 3.4 * DAY_SECONDS;
      if (spark > world.now) runSpark(spark);
    },
    trigger() {
      for (const job of [...HOURLY, ...NIGHTLY]) batch.run(job);
    },
  };
}
