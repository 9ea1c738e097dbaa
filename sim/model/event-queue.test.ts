import { expect, it } from 'vitest';

import { createEventQueue } from './event-queue';
import { createRandom } from './random';

it('gives what is due in order of time, and of scheduling where times are equal', () => {
  const queue = createEventQueue();
  const random = createRandom(1, 'queue');
  const given: string[] = [];
  const planned: { at: number; label: string }[] = [];
  for (let index = 0; index < 500; index += 1) {
    const at = random.int(0, 50);
    planned.push({ at, label: `${at}/${index}` });
    queue.schedule(at, () => given.push(`${at}/${index}`));
  }
  for (let due = queue.takeDue(25); due !== null; due = queue.takeDue(25)) due.action();
  expect(given.length).toBe(planned.filter(({ at }) => at <= 25).length);
  for (let due = queue.takeDue(50); due !== null; due = queue.takeDue(50)) due.action();
  // Array.sort is stable.
  expect(given).toEqual(planned.sort((a, b) => a.at - b.at).map(({ label }) => label));
  expect(queue.takeDue(1000)).toBeNull();
});
