import { describe, expect, it } from 'vitest';

import { parseTask, parseTaskLabels, parseTaskResources } from './parse-task';

const MINIMAL = { id: 'a.1', framework_id: 'F', slave_id: 'S', state: 'TASK_FAILED' };
const parsed = (extra: Record<string, unknown>) =>
  parseTask({ ...MINIMAL, ...extra }, 'completed_tasks').task;

describe('shapes', () => {
  it('a task of 0.20 has little, and that is enough', () => {
    expect(parseTask(MINIMAL, 'tasks').task).toEqual({
      frameworkId: 'F',
      taskId: 'a.1',
      agentId: 'S',
      executorId: '',
      name: '',
      state: 'TASK_FAILED',
      statuses: [],
      resources: { cpus: null, memMb: null, diskMb: null, gpus: null },
      image: null,
      containerizer: null,
      labels: {},
      list: 'tasks',
    });
  });

  it('a task of the operator API tells the same in other words', () => {
    const { task } = parseTask(
      {
        name: 'cart.shop',
        task_id: { value: 'shop_cart.1' },
        framework_id: { value: 'F' },
        executor_id: { value: 'E' },
        agent_id: { value: 'S' },
        state: 'TASK_FAILED',
        resources: [
          { name: 'cpus', type: 'SCALAR', scalar: { value: 0.5 } },
          { name: 'mem', type: 'SCALAR', scalar: { value: 512 }, role: '*' },
          { name: 'mem', type: 'SCALAR', scalar: { value: '128' }, role: 'prod' },
          { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 1, end: 2 }] } },
        ],
        statuses: [
          {
            state: 'TASK_FAILED',
            timestamp: 1700000003.5,
            message: 'Container exited with status 137',
            reason: 'REASON_COMMAND_EXECUTOR_FAILED',
            source: 'SOURCE_AGENT',
            healthy: false,
            container_status: {
              container_id: { value: 'c', parent: { value: 'b', parent: { value: 'a' } } },
            },
          },
        ],
        labels: { labels: [{ key: 'team', value: 'shop' }] },
        container: { type: 'MESOS', mesos: { image: { type: 'DOCKER', docker: { name: 'r.test/cart:1' } } } },
      },
      'completed_tasks',
    );
    expect(task).toMatchObject({
      frameworkId: 'F',
      taskId: 'shop_cart.1',
      agentId: 'S',
      executorId: 'E',
      resources: { cpus: 0.5, memMb: 640, diskMb: null, gpus: null },
      image: 'r.test/cart:1',
      containerizer: 'MESOS',
      labels: { team: 'shop' },
    });
    expect(task?.statuses).toEqual([
      {
        state: 'TASK_FAILED',
        at: new Date('2023-11-14T22:13:23.500Z'),
        message: 'Container exited with status 137',
        reason: 'REASON_COMMAND_EXECUTOR_FAILED',
        source: 'SOURCE_AGENT',
        healthy: false,
        containerId: 'a.b.c',
      },
    ]);
  });
});

describe('state', () => {
  it('missing: that of the last status, if it is an end', () => {
    const statuses = [{ state: 'TASK_RUNNING' }, { state: 'TASK_KILLED' }];
    expect(parsed({ state: undefined, statuses })?.state).toBe('TASK_KILLED');
    expect(parsed({ state: undefined, statuses: statuses.slice(0, 1) })).toBeNull();
  });
  it('unknown: refused, even where a status tells an end', () => {
    const result = parseTask(
      { ...MINIMAL, state: 'TASK_EXPLODED', statuses: [{ state: 'TASK_KILLED' }] },
      'tasks',
    );
    expect(result.why).toBe('state: unknown value "TASK_EXPLODED"');
  });
});

describe('refusals', () => {
  it.each([
    [null, 'not an object'],
    [[], 'not an object'],
    [{ ...MINIMAL, id: undefined }, 'id: missing or not an id'],
    [{ ...MINIMAL, id: '' }, 'id: missing or not an id'],
    [{ ...MINIMAL, id: 'x'.repeat(1025) }, 'id: missing or not an id'],
    [{ ...MINIMAL, framework_id: {} }, 'framework_id: missing or not an id'],
    [{ ...MINIMAL, slave_id: undefined }, 'slave_id: missing or not an id'],
    [{ ...MINIMAL, state: 5 }, 'state: unknown value 5'],
    [{ ...MINIMAL, state: undefined }, 'state: missing, and no status tells an end'],
  ])('%j: %s', (value, why) => {
    expect(parseTask(value, 'tasks')).toEqual({ task: null, why });
  });
});

describe('odd parts are dropped, the task stays', () => {
  it('statuses: no list, no objects, unknown states, no time', () => {
    expect(parsed({ statuses: 'none' })?.statuses).toEqual([]);
    const statuses = [null, 7, { state: 'TASK_ODD' }, { state: 'TASK_RUNNING', timestamp: {} }];
    expect(parsed({ statuses })?.statuses).toEqual([
      expect.objectContaining({ state: 'TASK_RUNNING', at: null }),
    ]);
  });

  it('150 statuses: the first and the last 99 stay', () => {
    const statuses = Array.from({ length: 150 }, (_, index) => ({ state: 'TASK_RUNNING', timestamp: index }));
    const kept = parsed({ statuses })?.statuses.map(({ at }) => (at?.getTime() ?? 0) / 1000) ?? [];
    expect([kept.length, kept[0], kept[1], kept.at(-1)]).toEqual([100, 0, 51, 149]);
    expect(parsed({ statuses: statuses.slice(0, 100) })?.statuses).toHaveLength(100);
  });

  it('a message is cut behind 16,384 characters and loses the login of a URL', () => {
    const messages = ['x'.repeat(16_384), 'x'.repeat(16_385), "Failed to fetch 'https://me:hush@x.test/a'"];
    const statuses = messages.map((message) => ({ state: 'TASK_FAILED', message }));
    const read = parsed({ statuses })?.statuses.map(({ message }) => message) ?? [];
    expect(read[0]).toHaveLength(16_384);
    expect(read[1]).toBe(`${'x'.repeat(16_384)} …[cut]`);
    expect(read[2]).toBe("Failed to fetch 'https://[redacted]@x.test/a'");
  });

  it('container: null, junk, an image that is no text', () => {
    for (const container of [null, 'x', { type: 5, docker: { image: {} } }]) {
      expect(parsed({ container })).toMatchObject({ image: null, containerizer: null });
    }
  });
});

describe('parseTaskLabels', () => {
  it.each([
    [[], {}],
    [null, {}],
    ['junk', {}],
    [
      [null, 7, { key: 'a' }, { key: 'a', value: 'b' }, { value: 'x' }, { key: 'n', value: 5 }],
      { a: 'b', n: '5' },
    ],
    [{ labels: [{ key: 'a', value: 'b' }] }, { a: 'b' }],
    [{ team: 'shop' }, { team: 'shop' }],
    [[{ key: 'DB_PASSWORD', value: 'hush' }], { DB_PASSWORD: '[redacted]' }],
  ])('%j: %j', (value, expected) => {
    expect(parseTaskLabels(value)).toEqual(expected);
  });
  it('at most 100, and a key __proto__ is only a key', () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ key: `k${index}`, value: '' }));
    expect(Object.keys(parseTaskLabels(many))).toHaveLength(100);
    const labels = parseTaskLabels([{ key: '__proto__', value: 'x' }]);
    expect(Object.keys(labels)).toEqual(['__proto__']);
  });
});

describe('parseTaskResources', () => {
  it('takes numbers as text and leaves ranges out', () => {
    expect(parseTaskResources({ cpus: '0.5', mem: '512', disk: 'lots', ports: '[1-2]' })).toEqual({
      cpus: 0.5,
      memMb: 512,
      diskMb: null,
      gpus: null,
    });
    expect(parseTaskResources('junk').memMb).toBeNull();
  });
});

describe('a hostile task', () => {
  it('has no container id where the ids of its levels are longer together than one id may be', () => {
    const told = (length: number) => {
      const container_id = { value: 'c'.repeat(length), parent: { value: 'p'.repeat(512) } };
      const status = { state: 'TASK_FAILED', container_status: { container_id } };
      const raw = { id: 't', framework_id: 'f', slave_id: 'a', state: 'TASK_FAILED', statuses: [status] };
      return parseTask(raw, 'completed_tasks').task?.statuses[0]?.containerId;
    };
    expect(told(511)).toHaveLength(1024);
    expect(told(512)).toBeNull();
  });

  it('is refused, not thrown at, when its state is nested 100,000 deep', () => {
    const state = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    const { why } = parseTask({ id: 't', framework_id: 'f', slave_id: 's', state }, 'tasks');
    expect(why).toBe('state: unknown value [nested too deeply]');
  });
});
