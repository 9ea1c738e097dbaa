import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { appMemory, listOomDeaths, memoryStepMs } from './app-memory';
import { insertCluster, insertEnds } from './ends-for-tests';

const HOUR = 3_600_000;
const window = { from: new Date('2026-11-25T10:00:00Z'), to: new Date('2026-11-25T11:00:00Z') };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, { id: 1, name: 'east', firstPolledAt: null, lastPolledAt: null });
  await db.pool.query(
    `INSERT INTO app_memory VALUES
     (1, '/a', '2026-11-25T09:55:00Z', 9, 9, 9, 9),
     (1, '/a', '2026-11-25T10:00:00Z', 100, 60, 128, 2),
     (1, '/a', '2026-11-25T10:05:00Z', 110, 100, NULL, 6),
     (1, '/a', '2026-11-25T10:15:00Z', 120, 50, 256, 2),
     (1, '/b', '2026-11-25T10:10:00Z', 999, 999, 999, 9),
     (1, '/a', '2026-11-25T11:00:00Z', 9, 9, 9, 9)`,
  );
});
afterAll(() => db.drop());

describe('appMemory', () => {
  it('has a gap where nobody sampled, and nothing before the first sample and after the last', async () => {
    const memory = await appMemory(db.pool, 1, '/a', window);
    expect(memory?.stepMs).toBe(300_000);
    expect(
      memory?.points.map(({ at, maxBytes, limitBytes }) => [at.slice(11, 16), maxBytes, limitBytes]),
    ).toEqual([
      ['10:00', 100, 128],
      ['10:05', 110, null],
      ['10:10', null, null],
      ['10:15', 120, 256],
    ]);
  });

  it('in wider steps: the largest of all, the mean by tasks', async () => {
    const memory = await appMemory(db.pool, 1, '/a', {
      from: window.from,
      to: new Date(window.from.getTime() + 30 * HOUR),
    });
    expect(memory?.stepMs).toBe(900_000);
    expect(memory?.points[0]).toEqual({
      at: '2026-11-25T10:00:00.000Z',
      maxBytes: 110,
      meanBytes: 90,
      limitBytes: 128,
      tasks: 6,
    });
  });

  it('is null for an app that was never sampled', async () => {
    expect(await appMemory(db.pool, 1, '/c', window)).toBeNull();
  });
});

it.each([
  [25, 5],
  [25.01, 15],
  [24 * 90, 720],
  [24 * 3650, 1440],
])('%s h are drawn in steps of %s min', (hours, minutes) => {
  expect(memoryStepMs(hours * HOUR)).toBe(minutes * 60_000);
});

it('deaths are the ends of this app for want of memory, newest first, without reopened ones', async () => {
  const oom = { appId: '/a', cause: 'oom_cgroup_limit' };
  await insertEnds(db.pool, [
    { ...oom, at: '2026-11-25T10:00:00Z', taskId: 't1' },
    { ...oom, at: '2026-11-25T10:30:00Z', taskId: 't2', cause: 'oom_host' },
    { ...oom, at: '2026-11-25T10:31:00Z', reopened: true },
    { ...oom, at: '2026-11-25T10:32:00Z', cause: 'app_exit_nonzero' },
    { ...oom, at: '2026-11-25T10:33:00Z', appId: '/b' },
    { ...oom, at: '2026-11-25T11:00:00Z' },
  ]);
  expect((await listOomDeaths(db.pool, 1, '/a', window)).map(({ taskId }) => taskId)).toEqual(['t2', 't1']);
});
