import { describe, expect, it } from 'vitest';

import { parseContainers } from './parse-containers';

const UUID = '0a1b2c3d-0000-11ea-8000-0242ac110002';
const WEB = `shop_web.${UUID}`;

function container(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    container_id: '3f0c6f6e-1111-4222-8333-444455556666',
    framework_id: 'F1',
    executor_id: WEB,
    executor_name: 'Command Executor',
    source: WEB,
    status: { executor_pid: 4242 },
    statistics: {
      timestamp: 1700000000.5,
      mem_limit_bytes: 570425344,
      mem_rss_bytes: 400000000,
      mem_total_bytes: 560000000,
      mem_cache_bytes: 150000000,
    },
    ...extra,
  };
}
const one = (extra: Record<string, unknown> = {}) => parseContainers([container(extra)])?.[0];

describe('parseContainers', () => {
  it('reads what ties a container to its task, and its memory', () => {
    expect(one()).toEqual({
      containerId: '3f0c6f6e-1111-4222-8333-444455556666',
      frameworkId: 'F1',
      executorId: WEB,
      taskId: WEB,
      podId: null,
      pid: 4242,
      usedBytes: 400000000,
      limitBytes: 570425344,
    });
  });

  it.each([
    ['anonymous memory first', { mem_rss_bytes: 5, mem_anon_bytes: 6, mem_total_bytes: 9 }, 5],
    ['else by its other name', { mem_anon_bytes: 6, mem_total_bytes: 9 }, 6],
    ['else all but the cache', { mem_total_bytes: 9, mem_cache_bytes: 2 }, 7],
    ['else all', { mem_total_bytes: 9 }, 9],
    ['text that is a number', { mem_rss_bytes: '5' }, 5],
    ['nothing told', {}, null],
    ['below zero', { mem_rss_bytes: -1 }, null],
  ])('memory: %s', (_name, statistics, used) => {
    expect(one({ statistics })?.usedBytes).toBe(used);
  });

  it.each([
    ['command task', { executor_id: 'job 1', source: 'job 1' }, 'job 1', null],
    ['custom executor of Marathon', { executor_id: `marathon-${WEB}`, source: 'x' }, WEB, null],
    ['executor named like a task of Marathon', { source: '' }, WEB, null],
    ['executor of a pod', { executor_id: `instance-shop_pod.${UUID}`, source: '' }, null, '/shop/pod'],
    ['executor of another framework', { executor_id: 'driver', source: 'spark' }, null, null],
    ['no executor', { executor_id: null }, null, null],
  ])('task of a %s', (_name, extra, taskId, podId) => {
    expect(one(extra)).toMatchObject({ taskId, podId });
  });

  it.each([
    ['no status', { status: undefined }],
    ['a pid that is none', { status: { executor_pid: 1 } }],
    ['a pid beyond all', { status: { executor_pid: 2 ** 31 } }],
  ])('%s: no pid', (_name, extra) => {
    expect(one(extra)?.pid).toBeNull();
  });

  it.each([[null], [{}], ['x']])('%j is no list', (value) => {
    expect(parseContainers(value)).toBeNull();
  });
  it('leaves out what is no object', () => {
    expect(parseContainers([1, null, container(), 'x'])).toHaveLength(1);
  });
});
