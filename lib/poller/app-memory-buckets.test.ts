import { describe, expect, it } from 'vitest';

import { createAppMemoryBuckets } from './app-memory-buckets';

const at = (clock: string) => Date.parse(`2026-03-01T${clock}Z`);

describe('createAppMemoryBuckets', () => {
  it('sums samples up by app and 5 minutes: the largest, the mean, the limit, the tasks', () => {
    const buckets = createAppMemoryBuckets();
    const add = (clock: string, task: string, bytes: number, appId = '/a b') =>
      buckets.add({ appId, task, atMs: at(clock), bytes, limitBytes: 100 });
    add('10:00:00', 't1', 10);
    add('10:04:59.999', 't1', 30);
    add('10:04:59.999', 't2', 20);
    add('10:05:00', 't1', 7);
    add('10:05:00', 't1', 8, '/b');
    expect(buckets.take(at('10:06:00'))).toEqual([
      { appId: '/a b', at: new Date(at('10:00:00')), maxBytes: 30, meanBytes: 20, limitBytes: 100, tasks: 2 },
      { appId: '/a b', at: new Date(at('10:05:00')), maxBytes: 7, meanBytes: 7, limitBytes: 100, tasks: 1 },
      { appId: '/b', at: new Date(at('10:05:00')), maxBytes: 8, meanBytes: 8, limitBytes: 100, tasks: 1 },
    ]);
    expect(buckets.take(at('10:06:00'))).toEqual([]);
    add('10:06:00', 't3', 9);
    expect(buckets.take(at('10:07:00'))).toMatchObject([{ maxBytes: 9, meanBytes: 8, tasks: 2 }]);
  });
});
