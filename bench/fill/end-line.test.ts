import { expect, it } from 'vitest';

import { copyLine } from '@/lib/ingest/end-columns';

import { createEndLines, realEnd } from './end-line';
import { happeningsOf } from './happenings';
import { createWorld, hoursOf } from './world';

const world = createWorld({
  ends: 60_000,
  hosts: 80,
  apps: 90,
  days: 9,
  now: new Date('2026-11-25T12:00:00Z'),
});

it('writes the lines that the collector would, whatever the end', () => {
  const lineOf = createEndLines(world);
  const fates = new Set<string>();
  for (let hour = 0; hour < hoursOf(world); hour += 1) {
    const all = happeningsOf(world, hour);
    // Of every fate some, in each hour.
    const some = all.filter(({ fate }, index) => index % 37 === hour % 37 || !fates.has(fate.name));
    for (const happening of some) {
      fates.add(happening.fate.name);
      expect(lineOf(happening)).toBe(copyLine(realEnd(happening, world)));
    }
  }
  expect(fates.size).toBeGreaterThanOrEqual(17);
});

it('gives each end an id of its own, and an hour the same ends at every call', () => {
  const lineOf = createEndLines(world);
  const once = happeningsOf(world, 50).map(lineOf);
  expect(happeningsOf(world, 50).map(createEndLines(world))).toEqual(once);
  const ids = [50, 51, 52].flatMap((hour) => happeningsOf(world, hour).map(({ taskId }) => taskId));
  expect(new Set(ids).size).toBe(ids.length);
});
