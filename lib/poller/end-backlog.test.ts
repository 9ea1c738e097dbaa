import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { AppError } from '@/lib/errors';
import type { StreamEnd } from '@/lib/ingest/apply-stream-ends';

import { createEndBacklog } from './end-backlog';

const stop = new AbortController();
setMaxListeners(0, stop.signal);
afterEach(() => {
  vi.restoreAllMocks();
});

function endOf(taskId: string, message = ''): StreamEnd {
  const status = { at: null, reason: null, source: null, healthy: null, containerId: null };
  return {
    toldAt: new Date(),
    isSinceOpened: false,
    task: {
      frameworkId: 'F1',
      taskId,
      agentId: 'S1',
      executorId: '',
      name: taskId,
      state: 'TASK_FAILED',
      statuses: [{ ...status, state: 'TASK_FAILED', message }],
      resources: { cpus: null, memMb: null, diskMb: null, gpus: null },
      image: null,
      containerizer: null,
      labels: {},
      list: 'tasks',
    },
  };
}

/** A backlog in front of a database that does as `answer` says. */
function start(answer: (ids: string[]) => Promise<void> = () => Promise.resolve(), bounds = {}) {
  const told = {
    stored: [] as string[],
    batches: [] as number[],
    dropped: [] as [number, boolean][],
    failures: 0,
  };
  const backlog = createEndBacklog({
    async store(ends) {
      const ids = ends.map(({ task }) => task.taskId);
      await answer(ids);
      told.batches.push(ids.length);
      told.stored.push(...ids);
    },
    onDropped: (ends, isBad) => told.dropped.push([ends, isBad]),
    onFailure: () => {
      told.failures += 1;
    },
    ...bounds,
  });
  void backlog.run(stop.signal);
  return { backlog, told };
}

const away = () => Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'away'));
const refused = () => Promise.reject(Object.assign(new Error('invalid'), { code: '22P02' }));

describe('createEndBacklog', () => {
  it('stores what comes within a moment, together', async () => {
    const { backlog, told } = start();
    const startedAt = Date.now();
    for (const id of ['a', 'b', 'c']) backlog.add(endOf(id));
    expect(backlog.size()).toBe(3);
    await vi.waitFor(() => expect(told.stored).toEqual(['a', 'b', 'c']));
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    expect(told.batches).toEqual([3]);
    expect(backlog.size()).toBe(0);
  });

  it('holds what comes while the database is away, and stores it in order once it is back', async () => {
    let isAway = true;
    const { backlog, told } = start(() => (isAway ? away() : Promise.resolve()));
    const ids = Array.from({ length: 1_200 }, (_, index) => String(index));
    for (const id of ids) backlog.add(endOf(id));
    await vi.waitFor(() => expect(told.failures).toBeGreaterThan(1));
    expect(backlog.size()).toBe(1_200);
    isAway = false;
    await vi.waitFor(() => expect(told.stored).toEqual(ids), 10_000);
    expect(told.batches).toEqual([500, 500, 200]);
    expect(told.dropped).toEqual([]);
  });

  it.each([
    ['ends', { maxEnds: 10 }, ''],
    ['bytes', { maxBytes: 100_000 }, 'x'.repeat(4_000)],
  ])('drops all that waits beyond its bound of %s, says so, and goes on', async (_name, bounds, message) => {
    let isAway = true;
    const { backlog, told } = start(() => (isAway ? away() : Promise.resolve()), bounds);
    for (let index = 0; index < 11; index += 1) backlog.add(endOf(`old-${index}`, message));
    await vi.waitFor(() => expect(told.dropped).toHaveLength(1));
    isAway = false;
    backlog.add(endOf('new'));
    await vi.waitFor(() => expect(told.stored.at(-1)).toBe('new'), 10_000);
    const [lost] = told.dropped[0] ?? [0];
    expect(lost + told.stored.length).toBe(12);
    expect(told.dropped).toEqual([[lost, false]]);
  });

  it('one end that the database refuses costs only itself', async () => {
    const { backlog, told } = start((ids) => (ids.includes('bad') ? refused() : Promise.resolve()));
    for (const id of ['a', 'b', 'bad', 'c', 'd']) backlog.add(endOf(id));
    await vi.waitFor(() => expect(told.stored).toEqual(['a', 'b', 'c', 'd']));
    expect(told.dropped).toEqual([[1, true]]);
    expect(backlog.size()).toBe(0);
  });

  it('what is held waits, and what was told before it does not', async () => {
    let held = ['b'];
    const isHeld = ({ task }: StreamEnd) => held.includes(task.taskId);
    const { backlog, told } = start(() => Promise.resolve(), { isHeld });
    for (const id of ['a', 'b', 'c']) backlog.add(endOf(id));
    await backlog.drain(5_000);
    expect([told.stored, backlog.size()]).toEqual([['a'], 2]);
    held = [];
    await vi.waitFor(() => expect(told.stored).toEqual(['a', 'b', 'c']));
  });

  it('distrusts what waits, what is being written too', async () => {
    let isBack = false;
    const { backlog, told } = start(async () => {
      while (!isBack) await pause(1);
    });
    const ends = [endOf('a'), endOf('b')];
    for (const end of ends) {
      backlog.add(end);
      void backlog.drain(5_000);
    }
    backlog.distrust();
    isBack = true;
    await vi.waitFor(() => expect(told.batches).toEqual([1, 1]));
    expect(ends.map(({ isSinceOpened }) => isSinceOpened)).toEqual([true, true]);
  });

  describe('drain', () => {
    it('tries once more where a write failed, as a connection that was cut', async () => {
      let tries = 0;
      const { backlog, told } = start(() => {
        tries += 1;
        return tries === 1 ? away() : Promise.resolve();
      });
      backlog.add(endOf('a'));
      await backlog.drain(5_000);
      expect(told.stored).toEqual(['a']);
    });

    it('resolves once what waits is stored', async () => {
      const { backlog, told } = start(async () => void (await pause(20)));
      for (let index = 0; index < 1_100; index += 1) backlog.add(endOf(String(index)));
      await backlog.drain(5_000);
      expect(told.stored).toHaveLength(1_100);
      await backlog.drain(5_000);
    });

    it('does not wait for a database that is away, nor for one that hangs', async () => {
      const gone = start(away).backlog;
      gone.add(endOf('a'));
      await gone.drain(5_000);
      expect(gone.size()).toBe(1);
      const hanging = start(() => new Promise(() => {})).backlog;
      hanging.add(endOf('a'));
      await hanging.drain(50);
      expect(hanging.size()).toBe(1);
    });
  });
});
