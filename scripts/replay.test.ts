import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const REPLAY = fileURLToPath(new URL('./replay.mjs', import.meta.url));
type Json = Record<string, unknown>;

const tasks = Array.from({ length: 20 }, (_, index) => ({
  id: `web.${index}`,
  name: `wéb-${index}`,
  framework_id: 'F1',
  slave_id: 'S1',
  state: 'TASK_FINISHED',
  resources: { cpus: 1, mem: 64 },
  labels: [{ key: 'team', value: 'web' }],
  statuses: [{ state: 'TASK_FINISHED', timestamp: 1_500_000_000.5 + index }],
}));
// Spaces and line feeds that a parser would lose: bytes must come through as they are.
const STATE = JSON.stringify(
  {
    version: '0.28.3',
    elected_time: 1_499_999_000,
    id: 'M1',
    slaves: [],
    frameworks: [{ id: 'F1', name: 'marathon', tasks: [], completed_tasks: tasks }],
    completed_frameworks: [],
  },
  null,
  3,
);
const SUBSCRIBED = JSON.stringify({
  type: 'SUBSCRIBED',
  subscribed: {
    get_state: {
      get_agents: {
        agents: [
          { agent_info: { id: { value: 'S9' }, hostname: 'h9', port: 5051, resources: [] }, active: true },
        ],
      },
      get_tasks: {
        completed_tasks: [
          {
            name: 'job',
            task_id: { value: 'job.1' },
            framework_id: { value: 'F9' },
            agent_id: { value: 'S9' },
            state: 'TASK_FAILED',
            resources: [{ name: 'mem', type: 'SCALAR', scalar: { value: 32 } }],
            statuses: [
              { state: 'TASK_FAILED', message: 'Command exited with status 3', timestamp: 1_600_000_000 },
            ],
          },
        ],
      },
    },
  },
});

let dir = '';
let child: ChildProcess | null = null;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'replay-'));
  mkdirSync(join(dir, 'marathon'));
  writeFileSync(join(dir, 'anything.json'), STATE);
  writeFileSync(join(dir, 'stream.json'), SUBSCRIBED);
  writeFileSync(join(dir, 'marathon/list.json'), '{ "apps": [ {"id": "/web", "instances": 2} ] }');
  writeFileSync(join(dir, 'marathon/one.json'), '{"app":{"id":"/job","cpus":1}}');
  writeFileSync(join(dir, 'marathon/queue.json'), '{"queue":  []}');
  writeFileSync(join(dir, 'marathon/events.txt'), 'event: ping\ndata: {}\n\n');
  writeFileSync(join(dir, 'odd.json'), '{"nothing":"known"}');
});
afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => {
  child?.kill('SIGKILL');
  child = null;
});

async function replay(...flags: string[]): Promise<{ masters: string[]; marathon: string }> {
  const started = spawn(process.execPath, [REPLAY, dir, '--port', '0', '--json-ready', ...flags], {
    stdio: 'pipe',
  });
  child = started;
  for await (const line of createInterface({ input: started.stdout })) {
    const ready = JSON.parse(line) as { masters: string[]; marathons: string[] };
    return { masters: ready.masters, marathon: ready.marathons[0] ?? '' };
  }
  throw new Error('it did not start');
}

async function json(url: string, init?: RequestInit): Promise<Json> {
  return (await (await fetch(url, init)).json()) as Json;
}

describe('replay', () => {
  it('serves a master’s state byte for byte under all its paths', async () => {
    const { masters } = await replay();
    for (const path of ['/state', '/state.json', '/master/state', '/master/state.json']) {
      expect(await (await fetch(`${masters[0]}${path}`)).text()).toBe(STATE);
    }
    expect((await fetch(`${masters[0]}/api/v1`, { method: 'POST' })).status).toBe(404);
  });

  it('makes a master of a SUBSCRIBED event: its tasks by GET_TASKS, and a state around them', async () => {
    const { masters } = await replay();
    const { get_tasks: lists } = await json(`${masters[1]}/api/v1`, { method: 'POST' });
    expect(lists).toEqual(JSON.parse(SUBSCRIBED).subscribed.get_state.get_tasks);
    expect(await json(`${masters[1]}/state`)).toMatchObject({
      id: 'replay-stream',
      elected_time: 1_599_999_940,
      slaves: [{ id: 'S9', hostname: 'h9', pid: 'slave(1)@h9:5051' }],
      frameworks: [{ id: 'F9', completed_tasks: [{ id: 'job.1', slave_id: 'S9', resources: { mem: 32 } }] }],
    });
  });

  it('puts Marathon together and joins it to the framework of that name', async () => {
    const { marathon } = await replay();
    expect(await json(`${marathon}/v2/apps?embed=apps.counts`)).toMatchObject({
      apps: [{ id: '/web' }, { id: '/job' }],
    });
    expect(await json(`${marathon}/v2/apps/job`)).toEqual({ app: { id: '/job', cpus: 1 } });
    expect(await (await fetch(`${marathon}/v2/queue`)).text()).toBe('{"queue":  []}');
    expect(await json(`${marathon}/v2/deployments`)).toEqual([]);
    expect(await json(`${marathon}/v2/info`)).toMatchObject({ frameworkId: 'F1' });
    const events = await fetch(`${marathon}/v2/events`);
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    await events.body?.cancel();
  });

  it('--framework-id decides over the captures', async () => {
    const { marathon } = await replay('--framework-id', 'F77');
    expect(await json(`${marathon}/v2/info`)).toMatchObject({ frameworkId: 'F77' });
  });

  it('answers 404 to what was not captured, and survives an odd path', async () => {
    const { marathon, masters } = await replay();
    expect((await fetch(`${marathon}/v2/%E0%A4%A`)).status).toBe(404);
    expect((await fetch(`${masters[0]}/metrics/snapshot`)).status).toBe(404);
  });
});

describe('mangled replay', () => {
  async function mangled(how: string): Promise<Buffer> {
    const { masters } = await replay('--mangle', how, '--mangle-every', '5');
    return Buffer.from(await (await fetch(`${masters[0]}/state`)).arrayBuffer());
  }

  function tasksOf(bytes: Buffer): (typeof tasks)[number][] {
    const state = JSON.parse(bytes.toString()) as { frameworks: { completed_tasks: typeof tasks }[] };
    return state.frameworks[0]?.completed_tasks ?? [];
  }

  it('truncate: the first half of the bytes', async () => {
    const bytes = await mangled('truncate');
    expect(bytes.equals(Buffer.from(STATE).subarray(0, Math.floor(Buffer.byteLength(STATE) / 2)))).toBe(true);
  });

  it('utf8: four names of twenty hold bytes that are no UTF-8, and the rest is well', async () => {
    const bytes = await mangled('utf8');
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow();
    expect(tasksOf(bytes).filter(({ name }) => name.includes('\uFFFD')).length).toBe(4);
  });

  it('unknown-state: four tasks of twenty', async () => {
    expect(
      tasksOf(await mangled('unknown-state')).filter(({ state }) => state === 'TASK_EXPLODED').length,
    ).toBe(4);
  });

  it('numbers-as-strings: four tasks of twenty', async () => {
    const found = tasksOf(await mangled('numbers-as-strings'));
    expect(found.filter(({ resources }) => typeof resources.mem === 'string').length).toBe(4);
  });

  it('labels-array: four tasks of twenty', async () => {
    expect(tasksOf(await mangled('labels-array')).filter(({ labels }) => labels.length === 0).length).toBe(4);
  });
});
