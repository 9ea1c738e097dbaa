import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import type { MasterSnapshot } from '@/lib/domain/snapshot';
import { AppError } from '@/lib/errors';
import type { Source } from '@/lib/upstream/source';
import { routes, startTestServer, status, type TestServer } from '@/lib/upstream/test-server';

import { createMasterReader, type MasterReader } from './read-master';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function server(table: Record<string, unknown> = {}): Promise<TestServer> {
  const started = await startTestServer(routes(table));
  closers.push(started.close);
  return started;
}

function readerOf(urls: string[], rest: Partial<Source> = {}): MasterReader {
  const reader = createMasterReader({ urls, credentials: null, timeoutMs: 5_000, ca: null, ...rest });
  closers.push(reader.close);
  return reader;
}

function read(reader: MasterReader, signal = new AbortController().signal): Promise<MasterSnapshot> {
  return reader.read(signal, new Map());
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof AppError) return thrown;
  throw new Error(`expected an AppError, got ${String(thrown)}`);
}

const codes = (snapshot: MasterSnapshot) => snapshot.warnings.map(({ code }) => code);

/** Members in the order given: as masters from 0.25 on write them. */
function state(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: '1.11.0',
    start_time: 1699990000.5,
    elected_time: 1699990001.25,
    id: 'master-1',
    pid: 'master@10.0.0.1:5050',
    hostname: 'm1.example.test',
    cluster: 'prod',
    leader: 'master@10.0.0.1:5050',
    flags: { max_completed_tasks_per_framework: '500' },
    slaves: [
      {
        id: 'S1',
        hostname: 'a1.example.test',
        port: 5051,
        pid: 'slave(1)@10.0.0.11:5051',
        registered_time: 1699990010,
        resources: { cpus: 8, mem: 16384, disk: 100000, ports: '[31000-32000]' },
        attributes: { rack: 'r1', zone: 3 },
        active: true,
        version: '1.11.0',
      },
    ],
    recovered_slaves: [],
    frameworks: [
      framework({ completed_tasks: [task('web.1')], tasks: [task('web.2', { state: 'TASK_RUNNING' })] }),
    ],
    completed_frameworks: [],
    ...extra,
  };
}

function framework(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'F1',
    name: 'marathon',
    hostname: 'x.example.test',
    webui_url: 'http://marathon.example.test:8080',
    active: true,
    tasks: [],
    unreachable_tasks: [],
    completed_tasks: [],
    offers: [{ id: 'o', note: ']}"' }],
    executors: [{ command: { environment: { variables: [{ name: 'PASSWORD', value: 'hush' }] } } }],
    ...extra,
  };
}

function task(id: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  const ended = extra.state ?? 'TASK_FAILED';
  return {
    id,
    name: 'web',
    framework_id: 'F1',
    executor_id: '',
    slave_id: 'S1',
    state: ended,
    resources: { cpus: 0.5, gpus: 0, mem: 512, disk: 0 },
    statuses: [
      { state: 'TASK_RUNNING', timestamp: 1700000003.5 },
      ...(ended === 'TASK_RUNNING' ? [] : [{ state: ended, timestamp: 1700000103.25 }]),
    ],
    container: { type: 'DOCKER', docker: { image: 'r.example.test/web:1' } },
    ...extra,
  };
}

/** The task as GET_TASKS writes it. */
function v1Task(id: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'web',
    task_id: { value: id },
    framework_id: { value: 'F1' },
    agent_id: { value: 'S1' },
    state: 'TASK_FAILED',
    resources: [{ name: 'mem', type: 'SCALAR', scalar: { value: 512 } }],
    statuses: [
      { state: 'TASK_RUNNING', timestamp: 1700000003.5, source: 'SOURCE_EXECUTOR' },
      {
        state: 'TASK_FAILED',
        timestamp: 1700000103.25,
        message: 'Container exited with status 137',
        source: 'SOURCE_EXECUTOR',
      },
    ],
    labels: { labels: [{ key: 'team', value: 'shop' }] },
    ...extra,
  };
}

const getTasks = (lists: Record<string, unknown>) => ({ type: 'GET_TASKS', get_tasks: lists });

/** Keys in alphabetical order, as masters up to 0.24 write them: `completed_frameworks` before `elected_time`. */
function alphabetical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(alphabetical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, alphabetical(item)]));
}

function cutAfter(body: unknown, marker: string): RequestListener {
  const text = JSON.stringify(body);
  const end = text.indexOf(marker) + marker.length;
  return (_request, response) => {
    response.writeHead(200, { 'content-length': String(text.length) });
    response.write(text.slice(0, end), () => response.destroy());
  };
}

describe('versions', () => {
  it.each([
    ['told to die', ['TASK_RUNNING', 'TASK_KILLING'], 1700000001],
    ['told so twice: since the first', ['TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLING'], 1700000001],
    ['that runs on after all', ['TASK_RUNNING', 'TASK_KILLING', 'TASK_RUNNING'], null],
    ['that runs', ['TASK_RUNNING'], null],
    ['without a status', [], null],
  ])('since when a task is being killed: one %s', async (_name, states, since) => {
    const statuses = states.map((state, index) => ({ state, timestamp: 1700000000 + index }));
    const alive = task('web.2', { state: states.at(-1) ?? 'TASK_KILLING', statuses });
    const one = await server({ '/state': state({ frameworks: [framework({ tasks: [alive] })] }) });
    const { live } = await read(readerOf([one.url]));
    expect(live).toMatchObject([{ killingSince: since === null ? null : new Date(since * 1_000) }]);
  });

  it('1.11: /state, messages of GET_TASKS laid over it, counters', async () => {
    const one = await server({
      '/state': state(),
      '/api/v1': getTasks({ tasks: [], completed_tasks: [v1Task('web.1')], unreachable_tasks: [] }),
      '/metrics/snapshot': {
        'master/tasks_failed': 1,
        'master/elected': '1',
        'master/frameworks/marathon/F1/tasks/terminal/task_failed': 1,
        odd: null,
      },
    });
    const snapshot = await read(readerOf([one.url]));
    expect(snapshot).toMatchObject({
      url: one.url,
      complete: true,
      epoch: {
        masterId: 'master-1',
        electedAt: new Date(1699990001250),
        startedAt: new Date(1699990000500),
        version: '1.11.0',
        hostname: 'm1.example.test',
        clusterName: 'prod',
        ringSize: 500,
      },
      agents: [
        {
          agentId: 'S1',
          hostname: 'a1.example.test',
          port: 5051,
          version: '1.11.0',
          active: true,
          cpus: 8,
          memMb: 16384,
          attributes: { rack: 'r1', zone: '3' },
        },
      ],
      frameworks: [{ frameworkId: 'F1', name: 'marathon', registered: true }],
      live: [
        { taskId: 'web.2', state: 'TASK_RUNNING', agentId: 'S1', firstStatusAt: new Date(1700000003500) },
      ],
      counters: { 'master/tasks_failed': 1, 'master/elected': 1 },
      rejects: { count: 0 },
      warnings: [],
      tasksRead: 2,
    });
    expect(snapshot.ringCounts).toEqual(new Map([['F1', 1]]));
    expect(snapshot.ended).toHaveLength(1);
    expect(snapshot.ended[0]).toMatchObject({
      taskId: 'web.1',
      list: 'completed_tasks',
      image: 'r.example.test/web:1',
      containerizer: 'DOCKER',
      labels: { team: 'shop' },
      resources: { cpus: 0.5, memMb: 512 },
    });
    expect(snapshot.ended[0]?.statuses.at(-1)?.message).toBe('Container exited with status 137');
    expect(one.seen.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
      'GET /state ',
      'POST /api/v1 {"type":"GET_TASKS"}',
      'GET /metrics/snapshot ',
    ]);
    expect(JSON.stringify(snapshot)).not.toContain('hush');
  });

  it('0.22: /state.json alone, keys by alphabet, labels [], numbers as text, agent port from its pid', async () => {
    const old = alphabetical({
      ...state({ version: '0.22.0' }),
      flags: undefined,
      recovered_slaves: undefined,
      slaves: [
        {
          id: 'S1',
          hostname: 'a1',
          pid: 'slave(1)@10.0.0.11:5055',
          attributes: {},
          resources: { mem: '512' },
        },
      ],
      frameworks: [
        framework({
          completed_tasks: [
            task('web.1', {
              labels: [],
              container: undefined,
              resources: { cpus: 1, disk: 0, mem: '5120', ports: '[31148-31148]' },
              statuses: [
                { state: 'TASK_RUNNING', timestamp: '1427904770.84935' },
                { state: 'TASK_FAILED', timestamp: '1427912657.15839' },
              ],
            }),
          ],
        }),
      ],
      orphan_tasks: [task('orphan.1', { state: 'TASK_LOST', framework_id: 'F9' })],
    });
    const one = await server({ '/state.json': old });
    const reader = readerOf([one.url]);
    const snapshot = await read(reader);
    expect(codes(snapshot)).toEqual(['messages_unavailable', 'counters_unavailable']);
    expect(snapshot.epoch.ringSize).toBe(1000);
    expect(snapshot.counters).toBeNull();
    expect(snapshot.agents[0]).toMatchObject({ port: 5055, memMb: 512, active: true });
    expect(snapshot.ended.map((end) => [end.taskId, end.list])).toEqual([
      ['web.1', 'completed_tasks'],
      ['orphan.1', 'orphan_tasks'],
    ]);
    expect(snapshot.ended[0]).toMatchObject({ image: null, labels: {}, resources: { memMb: 5120 } });
    expect(snapshot.ended[0]?.statuses[0]?.at).toEqual(new Date(1427904770849));
    await read(reader);
    // The path that worked is remembered.
    expect(one.seen.filter(({ url }) => url === '/state')).toHaveLength(1);
  });

  it('0.28: a non-leader that answers 200 is passed over', async () => {
    const follower = await server({
      '/state': {
        ...state({ leader: 'master@10.0.0.1:5050', frameworks: [], slaves: [] }),
        elected_time: undefined,
      },
    });
    const leader = await server({ '/state': state({ version: '0.28.3' }) });
    expect((await read(readerOf([follower.url, leader.url]))).url).toBe(leader.url);
    expect((await failureOf(read(readerOf([follower.url])))).code).toBe('MESOS_NO_LEADER');
  });

  it('1.0: no unreachable list, GET_TASKS omits empty lists, a task of a completed framework', async () => {
    const one = await server({
      '/state': state({
        version: '1.0.4',
        frameworks: [{ id: 'F2', name: 'chronos', tasks: [], completed_tasks: [] }],
        completed_frameworks: [
          { id: 'F1', name: 'gone', completed_tasks: [task('old.1', { state: 'TASK_FINISHED' })] },
        ],
      }),
      '/api/v1': { type: 'GET_TASKS', get_tasks: {} },
      '/metrics/snapshot': {},
    });
    const snapshot = await read(readerOf([one.url]));
    expect(snapshot.frameworks.map((one) => [one.frameworkId, one.registered])).toEqual([
      ['F1', false],
      ['F2', true],
    ]);
    expect(snapshot.ended.map(({ taskId, state: end }) => [taskId, end])).toEqual([
      ['old.1', 'TASK_FINISHED'],
    ]);
    expect([...snapshot.ringCounts]).toEqual([['F1', 1]]);
  });

  it('1.4: unreachable tasks, recovered agents, terminal but unacknowledged tasks', async () => {
    const one = await server({
      '/state': state({
        version: '1.4.3',
        recovered_slaves: [{ id: 'S2', hostname: 'a2', port: 5051, attributes: {} }],
        frameworks: [
          framework({
            tasks: [task('web.3')],
            unreachable_tasks: [
              task('web.4', { state: 'TASK_UNREACHABLE' }),
              task('web.5', { state: 'TASK_LOST', slave_id: 'S9' }),
            ],
            completed_tasks: [task('web.6', { state: 'TASK_RUNNING' })],
          }),
        ],
      }),
    });
    const snapshot = await read(readerOf([one.url]));
    expect(snapshot.ended.map((end) => `${end.taskId} ${end.state} ${end.list}`)).toEqual([
      'web.3 TASK_FAILED tasks',
      'web.4 TASK_UNREACHABLE unreachable_tasks',
      'web.5 TASK_LOST unreachable_tasks',
    ]);
    expect(snapshot.live).toEqual([]);
    expect(snapshot.rejects.count).toBe(0);
    expect(codes(snapshot)).toContain('completed_without_end');
    expect(snapshot.agents.map(({ agentId, active }) => [agentId, active])).toEqual([
      ['S1', true],
      ['S2', false],
    ]);
  });
});

describe('laying GET_TASKS over /state', () => {
  async function ends(stateTasks: unknown[], v1: Record<string, unknown>, live: unknown[] = []) {
    const one = await server({
      '/state': state({ frameworks: [framework({ completed_tasks: stateTasks, tasks: live })] }),
      '/api/v1': getTasks(v1),
      '/metrics/snapshot': {},
    });
    return read(readerOf([one.url]));
  }

  it('an id used twice is two ends, each with its own message', async () => {
    const later = [
      { state: 'TASK_RUNNING', timestamp: 1700001000 },
      { state: 'TASK_FAILED', timestamp: 1700001001, message: 'second' },
    ];
    const snapshot = await ends([task('web.1'), task('web.1', { statuses: later })], {
      completed_tasks: [v1Task('web.1', { statuses: later }), v1Task('web.1')],
    });
    expect(snapshot.ended.map(({ statuses }) => statuses.at(-1)?.message)).toEqual([
      'Container exited with status 137',
      'second',
    ]);
  });

  it('a first time that differs in the last digit is the same end and keeps the time of /state', async () => {
    const statuses = [{ state: 'TASK_FAILED', timestamp: 1700000003.501, message: 'm' }];
    const snapshot = await ends([task('web.1')], { completed_tasks: [v1Task('web.1', { statuses })] });
    expect(snapshot.ended).toHaveLength(1);
    expect(snapshot.ended[0]?.statuses[0]).toMatchObject({ at: new Date(1700000003500), message: 'm' });
  });

  it('what ended between the two requests is an end and no live task', async () => {
    const snapshot = await ends([], { completed_tasks: [v1Task('web.2')] }, [
      task('web.2', { state: 'TASK_RUNNING' }),
    ]);
    expect(snapshot.ended.map(({ taskId }) => taskId)).toEqual(['web.2']);
    expect(snapshot.live).toEqual([]);
  });

  it('a LOST entry that stays beside the real end does not hide it', async () => {
    const lost = task('web.1', { state: 'TASK_LOST' });
    const v1Lost = v1Task('web.1', { state: 'TASK_LOST' });
    for (const order of [1, -1]) {
      const snapshot = await ends(
        [task('web.1', { state: 'TASK_FINISHED' }), lost].toSorted(() => order),
        {
          completed_tasks: [v1Task('web.1', { state: 'TASK_FINISHED' }), v1Lost].toSorted(() => order),
        },
      );
      expect(snapshot.ended.map(({ state: end }) => end)).toEqual(['TASK_FINISHED']);
    }
  });

  it('a task that came back keeps both its LOST entry and its live one', async () => {
    const lost = task('web.1', { state: 'TASK_LOST' });
    const alive = task('web.1', { state: 'TASK_RUNNING' });
    const snapshot = await ends([lost], { completed_tasks: [v1Task('web.1', { state: 'TASK_LOST' })] }, [
      alive,
    ]);
    expect([snapshot.ended.length, snapshot.live.length]).toEqual([1, 1]);
  });

  it.each([400, 401, 403, 404, 405, 307, 503])(
    'GET_TASKS answers %i: a warning, the tasks of /state stand',
    async (code) => {
      const foreign = await server();
      const one = await server({
        '/state': state(),
        '/api/v1': status(code, { location: foreign.url }),
        '/metrics/snapshot': {},
      });
      const snapshot = await read(readerOf([one.url]));
      expect(codes(snapshot)).toEqual(['messages_unavailable']);
      expect(snapshot.ended).toHaveLength(1);
      expect(foreign.seen).toEqual([]);
    },
  );

  it('a cut GET_TASKS: what was whole is laid over, and a warning says so', async () => {
    const one = await server({
      '/state': state({ frameworks: [framework({ completed_tasks: [task('web.1'), task('web.2')] })] }),
      '/api/v1': cutAfter(getTasks({ completed_tasks: [v1Task('web.1'), v1Task('web.2')] }), 'web.2'),
      '/metrics/snapshot': {},
    });
    const snapshot = await read(readerOf([one.url]));
    expect(codes(snapshot)).toEqual(['messages_unavailable']);
    expect(snapshot.complete).toBe(true);
    expect(snapshot.ended.map(({ statuses }) => statuses.at(-1)?.message ?? null)).toEqual([
      'Container exited with status 137',
      null,
    ]);
  });
});

describe('finding the leader', () => {
  const redirectTo =
    (host: string) => (request: { url?: string | undefined }, response: Parameters<RequestListener>[1]) => {
      response.writeHead(307, { location: `//${host}${request.url ?? ''}` });
      response.end();
    };

  it('a redirect to a configured master is followed with the login, and next time it is asked first', async () => {
    const leader = await server({ '/state': state() });
    const follower = await server({ '/state': redirectTo(leader.host) });
    const reader = readerOf([follower.url, leader.url], { credentials: { username: 'u', password: 'p' } });
    expect((await read(reader)).url).toBe(leader.url);
    expect((await read(reader)).url).toBe(leader.url);
    expect(follower.seen).toHaveLength(1);
    expect(new Set(leader.seen.map(({ authorization }) => authorization))).toEqual(
      new Set([`Basic ${Buffer.from('u:p').toString('base64')}`]),
    );
  });

  it('a redirect to a foreign host is refused: no request, no login reaches it', async () => {
    const foreign = await server({ '/state': state() });
    const one = await server({ '/state': redirectTo(foreign.host) });
    const reader = readerOf([one.url], { credentials: { token: 'hush', scheme: 'dcos' } });
    const error = await failureOf(read(reader));
    expect(error.code).toBe('MESOS_REDIRECT_REFUSED');
    expect(error.message).toBe(`${one.url} redirects to ${foreign.host}, which is not configured`);
    expect(foreign.seen).toEqual([]);
  });

  it('after a refused redirect the other configured masters are asked', async () => {
    const foreign = await server();
    const follower = await server({ '/state': redirectTo(foreign.host) });
    const leader = await server({ '/state': state() });
    expect((await read(readerOf([follower.url, leader.url]))).url).toBe(leader.url);
    expect(foreign.seen).toEqual([]);
  });

  it('a name that a configured master gave itself stands for its configured URL', async () => {
    const leader = await server({
      '/state': state({ hostname: 'inside.example.test', pid: 'master@10.9.9.9:5050' }),
    });
    const follower = await server({ '/state': status(500) });
    const reader = readerOf([follower.url, leader.url]);
    await read(reader);
    // The leader restarts as a follower for a moment, so that the reader forgets who led.
    leader.answer(routes({ '/state': status(503, {}, 'No leader elected') }));
    await failureOf(read(reader));
    leader.answer(routes({ '/state': state() }));
    follower.answer(routes({ '/state': redirectTo('Inside.example.test:5050') }));
    expect((await read(reader)).url).toBe(leader.url);
    expect(follower.seen.length).toBeGreaterThan(1);
  });

  it('more than two hops, or a circle: MESOS_NO_LEADER', async () => {
    const masters = await Promise.all(Array.from({ length: 4 }, () => server()));
    masters.forEach((master, index) => {
      master.answer(routes({ '/state': redirectTo(masters[(index + 1) % masters.length]?.host ?? '') }));
    });
    const error = await failureOf(read(readerOf(masters.map(({ url }) => url))));
    expect(error.code).toBe('MESOS_NO_LEADER');
  });

  it('all failing, the most telling error is thrown: a refused login over a dead host over no leader', async () => {
    const dead = await server();
    await dead.close();
    const locked = await server({ '/state': status(401) });
    const waiting = await server({ '/state': status(503, {}, 'No leader elected') });
    const code = async (...urls: string[]) => (await failureOf(read(readerOf(urls)))).code;
    expect(await code(dead.url, locked.url, waiting.url)).toBe('MESOS_AUTH_REFUSED');
    expect(await code(waiting.url, dead.url)).toBe('MESOS_UNREACHABLE');
    expect(await code(waiting.url)).toBe('MESOS_NO_LEADER');
  });

  it('a hung leader is MESOS_TIMEOUT and is not asked again through the redirects of the others', async () => {
    const hung = await server({ '/state': () => {} });
    const follower = await server({ '/state': redirectTo(hung.host) });
    const error = await failureOf(read(readerOf([hung.url, follower.url], { timeoutMs: 100 })));
    expect(error.code).toBe('MESOS_TIMEOUT');
    expect(hung.seen).toHaveLength(1);
  });

  it("the caller's abort ends it at once with its own reason", async () => {
    const hung = await server({ '/state': () => {} });
    const stop = new AbortController();
    const reading = read(readerOf([hung.url, hung.url]), stop.signal);
    await expect.poll(() => hung.seen.length).toBe(1);
    stop.abort(new Error('lease lost'));
    await expect(reading).rejects.toThrow('lease lost');
  });

  it('HTML instead of JSON is MESOS_BAD_PAYLOAD', async () => {
    const one = await server({ '/state': '<html>login</html>' });
    expect((await failureOf(read(readerOf([one.url])))).code).toBe('MESOS_BAD_PAYLOAD');
  });
});

describe('damage', () => {
  it('odd tasks are counted with a reason and everything else is kept', async () => {
    const one = await server({
      '/state': state({
        slaves: [{ hostname: 'no id' }, { id: 'S1', hostname: 'a1' }],
        frameworks: [
          framework({
            completed_tasks: [
              task('web.1'),
              task('web.2', { state: 'TASK_EXPLODED' }),
              task('web.3', { id: undefined }),
              null,
              task('web.4', { labels: 'junk', resources: [], statuses: {} }),
            ],
          }),
        ],
      }),
    });
    const snapshot = await read(readerOf([one.url]));
    expect(snapshot.ended.map(({ taskId }) => taskId)).toEqual(['web.1', 'web.4']);
    expect(snapshot.rejects.count).toBe(4);
    expect(snapshot.rejects.samples.map(({ where, why }) => `${where} ${why}`)).toEqual([
      'slaves[] id: missing or not an id',
      'frameworks[].completed_tasks[] state: unknown value "TASK_EXPLODED"',
      'frameworks[].completed_tasks[] id: missing or not an id',
      'frameworks[].completed_tasks[] not an object',
    ]);
    expect(snapshot.rejects.samples[1]?.sample).toHaveLength(200);
    // A ring is as full as it is, whatever could be read of it.
    expect(snapshot.ringCounts.get('F1')).toBe(5);
  });

  it('a hundred odd tasks keep 20 samples', async () => {
    const odd = Array.from({ length: 100 }, () => ({ id: 'x' }));
    const one = await server({ '/state': state({ frameworks: [framework({ completed_tasks: odd })] }) });
    const { rejects } = await read(readerOf([one.url]));
    expect([rejects.count, rejects.samples.length]).toEqual([100, 20]);
  });

  it('a body cut inside the tasks: those before the cut are kept, the snapshot is not complete', async () => {
    const whole = state({ frameworks: [framework({ completed_tasks: [task('web.1'), task('web.2')] })] });
    const one = await server({ '/state': cutAfter(whole, '"web.2"') });
    const snapshot = await read(readerOf([one.url]));
    expect(snapshot.complete).toBe(false);
    expect(codes(snapshot)).toContain('state_truncated');
    expect(snapshot.ended.map(({ taskId }) => taskId)).toEqual(['web.1']);
    expect(snapshot.epoch).toMatchObject({ masterId: 'master-1', ringSize: 500 });
    expect(snapshot.agents).toHaveLength(1);
  });

  it('a body that stalls is as good as a cut one', async () => {
    const text = JSON.stringify(state());
    const one = await server({
      '/state': (_request: unknown, response: { write(text: string): void }) =>
        response.write(text.slice(0, text.indexOf('"web.2"'))),
      '/metrics/snapshot': {},
    });
    const snapshot = await read(readerOf([one.url], { timeoutMs: 300 }));
    expect(snapshot.complete).toBe(false);
    expect(snapshot.warnings[0]?.message).toContain('did not finish in 300 ms');
  });

  it('malformed in the middle: the same', async () => {
    const text = JSON.stringify(state({ frameworks: [framework({ completed_tasks: [task('web.1')] })] }));
    const one = await server({ '/state': text.replace('"offers"', 'offers') });
    const snapshot = await read(readerOf([one.url]));
    expect([snapshot.complete, snapshot.ended.length]).toEqual([false, 1]);
  });

  it('an old master cut before elected_time: its tasks prove that it leads', async () => {
    const old = alphabetical(
      state({ completed_frameworks: [framework({ completed_tasks: [task('a'), task('b')] })] }),
    );
    const one = await server({ '/state': old });
    const reader = readerOf([one.url]);
    const before = await read(reader);
    one.answer(routes({ '/state': cutAfter(old, '"id":"b"') }));
    const after = await read(reader);
    expect(after).toMatchObject({ complete: false, epoch: before.epoch });
    expect(after.ended.map(({ taskId }) => taskId)).toEqual(['a']);
    const fresh = await read(readerOf([one.url]));
    expect(fresh.epoch.masterId).toBe('');
  });

  it('… unless its own gauge says that it does not', async () => {
    const old = alphabetical(
      state({ completed_frameworks: [framework({ completed_tasks: [task('a'), task('b')] })] }),
    );
    const one = await server({
      '/state': cutAfter(old, '"id":"b"'),
      '/metrics/snapshot': { 'master/elected': 0 },
    });
    expect((await failureOf(read(readerOf([one.url])))).code).toBe('MESOS_NO_LEADER');
  });

  it('cut before anything of use: MESOS_BAD_PAYLOAD', async () => {
    const one = await server({ '/state': cutAfter(state(), '"version":') });
    expect((await failureOf(read(readerOf([one.url])))).code).toBe('MESOS_BAD_PAYLOAD');
  });

  it('gzip that nobody asked for is undone; cut gzip gives what was in it', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => task(`web.${index * 7919}`));
    const packed = gzipSync(JSON.stringify(state({ frameworks: [framework({ completed_tasks: many })] })));
    const send = (body: Buffer) =>
      routes({
        '/state': (_request: unknown, response: Parameters<RequestListener>[1]) => {
          response.writeHead(200, { 'content-encoding': 'gzip' });
          response.end(body);
        },
      });
    const one = await server();
    one.answer(send(packed));
    const reader = readerOf([one.url]);
    expect((await read(reader)).ended).toHaveLength(2_000);
    one.answer(send(packed.subarray(0, packed.length / 2)));
    const cut = await read(reader);
    expect(cut.complete).toBe(false);
    expect(cut.ended.length).toBeGreaterThan(500);
  });

  it('invalid UTF-8 costs the characters, not the task', async () => {
    const text = Buffer.from(
      JSON.stringify(
        state({ frameworks: [framework({ completed_tasks: [task('web.1', { name: 'n@me' })] })] }),
      ),
    );
    text[text.indexOf('n@me') + 1] = 0xff;
    const one = await server({ '/state': text });
    expect((await read(readerOf([one.url]))).ended[0]?.name).toBe('n\ufffdme');
  });

  it('a task above 8 MiB is counted and the next one read', async () => {
    const huge = task('big', { name: 'x'.repeat(8 * 1024 * 1024) });
    const one = await server({
      '/state': state({ frameworks: [framework({ completed_tasks: [huge, task('web.1')] })] }),
    });
    const snapshot = await read(readerOf([one.url]));
    expect(snapshot.ended.map(({ taskId }) => taskId)).toEqual(['web.1']);
    expect(snapshot.rejects.samples[0]?.why).toBe('larger than 8 MiB');
    expect(snapshot.complete).toBe(true);
  });
});
