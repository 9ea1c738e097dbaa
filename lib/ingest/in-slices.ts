import { setImmediate } from 'node:timers/promises';

const SLICE_MS = 10;
const LOOK_EVERY = 16;

/**
 * Works through many items without holding the event loop: others get a turn about every 10 ms. What `work` looks at
 * may have changed from one item to the next; a throw of `work` rejects. Few items cost no turn at all.
 */
export async function inSlices<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  let until = performance.now() + SLICE_MS;
  let worked = 0;
  for (const item of items) {
    work(item);
    worked += 1;
    if (worked % LOOK_EVERY !== 0 || performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + SLICE_MS;
  }
}
