import { describe, expect, it } from 'vitest';

import type { MesosTask } from '@/lib/domain/task';

import { parseTask } from './parse-task';
import { pickEndedTask, STATE_TASK_NAMES, V1_TASK_NAMES } from './pick-ended-task';
import { numberAt } from './pick-values';
import { scanObject, scanText } from './scan-object';
import { createTextPool } from './text-pool';

const texts = createTextPool();

function pick(json: string, names: readonly Buffer[]): MesosTask | null {
  const text = scanText(Buffer.from(json));
  const found = new Int32Array(names.length);
  scanObject(text, 0, names, found);
  return pickEndedTask({ text, found }, 'completed_tasks', texts);
}

const container = (id: string) => ({
  container_id: { value: id },
  network_infos: [{ ip_addresses: [{ ip_address: '172.17.0.4' }] }],
});
const STATE_TASK = {
  id: 'web.instance-1',
  name: 'web',
  framework_id: 'F1',
  executor_id: '',
  slave_id: 'S1',
  state: 'TASK_FAILED',
  resources: { cpus: 0.5, gpus: 0, mem: 512, disk: 0, ports: '[31005-31005]' },
  role: '*',
  statuses: [
    { state: 'TASK_STARTING', timestamp: 1700000000.11, container_status: container('c-1') },
    {
      state: 'TASK_RUNNING',
      timestamp: 1700000003.50123,
      healthy: false,
      container_status: container('c-1'),
    },
    { state: 'TASK_FAILED', timestamp: 1700003600 },
  ],
  labels: [
    { key: 'team', value: 'shop' },
    { key: 'API_TOKEN', value: 'hush' },
    { key: 'note', value: 'a "quoted" {word} é' },
  ],
  discovery: { name: 'x', id: 'not this' },
  container: {
    type: 'DOCKER',
    docker: { image: 'r.example.test/web:1', parameters: [{ key: 'image', value: 'no' }] },
  },
};
const V1_TASK = {
  name: 'web',
  task_id: { value: 'web.instance-1' },
  framework_id: { value: 'F1' },
  executor_id: { value: 'e-1' },
  agent_id: { value: 'S1' },
  state: 'TASK_FAILED',
  resources: [
    { name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 }, role: '*' },
    { name: 'cpus', type: 'SCALAR', scalar: { value: 0.2 }, role: 'r' },
    { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 1, end: 2 }] } },
    { name: 'mem', type: 'SCALAR', scalar: { value: 512.0 } },
  ],
  statuses: [
    {
      task_id: { value: 'web.instance-1' },
      state: 'TASK_FAILED',
      message: 'Container exited with status 137, see http://user:hush@h.example.test/x',
      reason: 'REASON_COMMAND_EXECUTOR_FAILED',
      source: 'SOURCE_EXECUTOR',
      timestamp: 1700003600.25,
      healthy: true,
      uuid: 'AAECAwQFBgcICQoLDA0ODw==',
      container_status: container('c-2'),
    },
  ],
  labels: { labels: [{ key: 'team' }] },
  container: { type: 'MESOS' },
};

describe('pickEndedTask', () => {
  it.each([
    ['/state', STATE_TASK, STATE_TASK_NAMES],
    ['GET_TASKS', V1_TASK, V1_TASK_NAMES],
  ] as const)('reads of %s what the full parser reads', (_name, task, names) => {
    const picked = pick(JSON.stringify(task), names);
    expect(picked).not.toBeNull();
    expect(picked).toEqual(parseTask(task, 'completed_tasks').task);
    expect(JSON.stringify(picked)).not.toContain('hush');
  });

  it.each([
    ['alive', { state: 'TASK_RUNNING' }],
    ['of an unknown state', { state: 'TASK_ODD' }],
    ['with a status of an unknown state', { statuses: [{ state: 'TASK_ODD', timestamp: 1 }] }],
    ['without an id', { id: undefined }],
    ['with an id as a number', { id: 7 }],
    ['with a time as text', { statuses: [{ state: 'TASK_FAILED', timestamp: '1700000000' }] }],
    ['with resources as text', { resources: { mem: '512' } }],
    ['with a message of several lines', { statuses: [{ state: 'TASK_FAILED', message: 'a\nb' }] }],
    ['with a letter beyond ASCII in its name', { name: 'wéb' }],
    [
      'in a nested container',
      {
        statuses: [
          {
            state: 'TASK_FAILED',
            container_status: { container_id: { value: 'c', parent: { value: 'p' } } },
          },
        ],
      },
    ],
    ['with a Mesos image', { container: { type: 'MESOS', mesos: { image: { docker: { name: 'i' } } } } }],
    [
      'with more statuses than are kept',
      { statuses: Array.from({ length: 101 }, () => ({ state: 'TASK_FAILED' })) },
    ],
    ['with labels that are null', { labels: null }],
    ['with a name longer than is kept', { name: 'x'.repeat(2_000) }],
  ])('a task %s is left to the full parser', (_name, extra) => {
    expect(pick(JSON.stringify({ ...STATE_TASK, ...extra }), STATE_TASK_NAMES)).toBeNull();
  });

  it('whatever is missing or odd: the same as the full parser, or left to it', () => {
    const random = mulberry32(7);
    let quick = 0;
    for (let round = 0; round < 3_000; round += 1) {
      const isV1 = random() < 0.5;
      const task = mangled(isV1 ? V1_TASK : STATE_TASK, random, 0.02);
      const json = JSON.stringify(task, null, random() < 0.2 ? 1 : 0);
      const picked = pick(json, isV1 ? V1_TASK_NAMES : STATE_TASK_NAMES);
      if (picked === null) continue;
      quick += 1;
      expect(picked).toEqual(parseTask(JSON.parse(json), 'completed_tasks').task);
    }
    expect(quick).toBeGreaterThan(500);
  });
});

describe('numberAt', () => {
  it('is what JSON.parse makes of it, to the last bit', () => {
    const random = mulberry32(3);
    for (let round = 0; round < 5_000; round += 1) {
      const whole = String(Math.floor(random() * 10 ** Math.floor(random() * 12)));
      const digits = Array.from({ length: Math.floor(random() * 9) }, () => Math.floor(random() * 10)).join(
        '',
      );
      const text = digits === '' ? whole : `${whole}.${digits}`;
      expect(numberAt(Buffer.from(`${text},`), 0)).toBe(JSON.parse(text));
    }
  });

  it.each(['-1', '1e5', '1.', '.5', '"1"', 'null', '', '1x'])('%s is left to a parser', (text) => {
    expect(numberAt(Buffer.from(`${text},`), 0)).toBeNaN();
  });
});

describe('createTextPool', () => {
  it('gives equal texts one string, and every text its own, long and many as they may be', () => {
    const pool = createTextPool();
    const all = Array.from({ length: 100_000 }, (_, index) => `S${index}`.padStart(1 + (index % 90), 'x'));
    for (const text of [...all, ...all]) {
      const bytes = Buffer.from(`"${text}"`);
      if (pool(bytes, 1, bytes.length - 1) !== text) throw new Error(text);
    }
  });
});

/** Members dropped, or replaced by something else, here and there. */
function mangled(value: unknown, random: () => number, chance: number): unknown {
  const others = [null, 7, '', 'é', 'a\nb', [], {}, true, 'TASK_LOST', -1.5, [{ value: 1 }], { value: 'v' }];
  if (random() < chance) return others[Math.floor(random() * others.length)];
  if (Array.isArray(value)) return value.map((one) => mangled(one, random, chance));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(() => random() > chance)
      .map(([key, one]) => [key, mangled(one, random, chance)]),
  );
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
