import { after, at, type World } from '../model/world';

const DAY_SECONDS = 86_400;

export type StoryTimes = {
  /** Days before (negative) or after the end of the invented past. */
  days: readonly number[];
  /** Days from the last of them to the next, and so on for ever. */
  thenEveryDays: number;
  /** Minutes to the first one where no past is invented. */
  soonMinutes: number;
};

/** Runs `story(0)`, `story(1)`, … at their times; those that lie before the cluster was switched on do not happen. */
export function atStoryTimes(world: World, times: StoryTimes, story: (number: number) => void): void {
  let number = 0;
  function tellNext(): void {
    story(number);
    number += 1;
  }
  if (world.presentAt - world.now < DAY_SECONDS / 2) {
    after(world, times.soonMinutes * 60, () => repeat(world, times.thenEveryDays, tellNext));
    return;
  }
  const moments = times.days.map((day) => world.presentAt + day * DAY_SECONDS);
  for (const moment of moments) {
    if (moment > world.now) at(world, moment, tellNext);
  }
  const last = Math.max(...moments, world.now);
  at(world, last + times.thenEveryDays * DAY_SECONDS, () => repeat(world, times.thenEveryDays, tellNext));
}

function repeat(world: World, everyDays: number, tellNext: () => void): void {
  tellNext();
  after(world, everyDays * DAY_SECONDS, () => repeat(world, everyDays, tellNext));
}
