import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';

import { createBatchWriter } from './batch-writer';

it('stores what comes meanwhile as one batch, one after the other', async () => {
  const batches: number[][] = [];
  let running = 0;
  const writer = createBatchWriter<number>(async (rows) => {
    running += 1;
    expect(running).toBe(1);
    await pause(1);
    batches.push([...rows]);
    running -= 1;
  });
  const first = writer.add([1]);
  await pause(0);
  await Promise.all([first, writer.add([2]), writer.add([3, 4])]);
  await writer.add([5]);
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
});

it('a batch that fails rejects for its rows alone, and the next is stored', async () => {
  const stored: number[] = [];
  const writer = createBatchWriter<number>(async (rows) => {
    if (rows.includes(1)) throw new Error('no');
    stored.push(...rows);
  });
  await expect(writer.add([1])).rejects.toThrow('no');
  await writer.add([2]);
  expect(stored).toEqual([2]);
});
