import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import { AppError } from '@/lib/errors';
import { ensureCluster } from '@/lib/ingest/ensure-cluster';
import { takeLease } from '@/lib/ingest/lease';
import { loadMemory } from '@/lib/ingest/memory';
import { createMarathonReader } from '@/lib/marathon/read-marathon';
import { createMasterReader } from '@/lib/mesos/read-master';
import type { EventHandlers } from '@/lib/mesos/subscribe';
import { startTestServer } from '@/lib/upstream/test-server';

import { newHolder } from './holder';
import { runLoop } from './loop';
import { newCycleState } from './poll-cycle';
import { createPollKick } from './poll-kick';
import { createStreams } from './streams';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  // Collectors of several clusters would wait for each other to make them.
  for (const table of ['task_end', 'poll_run', 'exposure_hour']) {
    await db.pool.query(`SELECT exit137_ensure_month($1, date_trunc('month', now()))`, [table]);
  }
});
// Each test waits for polls most of the time, so they run beside each other.
const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  await db.drop();
});

const UUID = '0a1b2c3d-0000-11ea-8000-0242ac110002';
const CART = `shop_cart.${UUID}`;
const seconds = () => Date.now() / 1_000;
const record = (event: unknown) => {
  const text = JSON.stringify(event);
  return `${Buffer.byteLength(text)}\n${text}`;
};

type Status = { state: string; timestamp: number; message?: string };
type Task = { id: string; statuses: Status[] };

/** A master that tells the same by /state, /tasks and its event stream. `ringSize`: ended tasks that it keeps. */
async function startMaster({ version = '1.11.0', ringSize = 1_000 } = {}) {
  const live = new Map<string, Task>();
  const ended: Task[] = [];
  const streams = new Set<ServerResponse>();
  const bornAt = seconds() - 3_600;
  let stateReads = 0;
  const v0 = ({ id, statuses }: Task) => ({
    id,
    name: id,
    framework_id: 'F1',
    executor_id: '',
    slave_id: 'S0',
    state: statuses.at(-1)?.state ?? 'TASK_STAGING',
    resources: { cpus: 1, mem: 512, disk: 0 },
    statuses: statuses.map(({ state, timestamp }) => ({ state, timestamp })),
  });
  const v1 = ({ id, statuses }: Task) => ({
    name: id,
    task_id: { value: id },
    framework_id: { value: 'F1' },
    agent_id: { value: 'S0' },
    state: statuses.at(-1)?.state ?? 'TASK_STAGING',
    resources: [{ name: 'cpus', scalar: { value: 1 } }],
    statuses,
  });
  const state = () => ({
    version,
    start_time: bornAt,
    elected_time: bornAt,
    id: 'm1',
    flags: { max_completed_tasks_per_framework: String(ringSize) },
    slaves: [{ id: 'S0', hostname: 'h0.example.test', pid: 'slave(1)@127.0.0.1:1', active: true }],
    frameworks: [
      {
        id: 'F1',
        name: 'marathon',
        active: true,
        tasks: [...live.values()].map(v0),
        completed_tasks: ended.slice(-ringSize).map(v0),
      },
    ],
    completed_frameworks: [],
  });
  const tell = (event: unknown) => {
    for (const stream of streams) stream.write(record(event));
  };
  const update = (task: Task, status: Status) => {
    const last = task.statuses.at(-1);
    if (last?.state === status.state) task.statuses.pop();
    task.statuses.push(status);
    const told = {
      task_id: { value: task.id },
      agent_id: { value: 'S0' },
      source: 'SOURCE_EXECUTOR',
      ...status,
    };
    const { state: now } = status;
    tell({ type: 'TASK_UPDATED', task_updated: { framework_id: { value: 'F1' }, state: now, status: told } });
  };
  const server = await startTestServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (request.method === 'POST') {
      if (server.seen.at(-1)?.body !== '{"type":"SUBSCRIBE"}') return void response.writeHead(400).end();
      response.write(record({ type: 'SUBSCRIBED', subscribed: { heartbeat_interval_seconds: 15 } }));
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    if (url.pathname === '/tasks') {
      const all = [...live.values(), ...ended].filter(({ id }) => id === url.searchParams.get('task_id'));
      return void response.end(JSON.stringify({ tasks: all.map(v0) }));
    }
    if (url.pathname === '/state') stateReads += 1;
    response.end(JSON.stringify(url.pathname === '/state' ? state() : {}));
  });
  closers.push(server.close);
  return {
    server,
    streams,
    reads: () => stateReads,
    questions: () => server.seen.filter(({ url }) => url.startsWith('/tasks')).length,
    launch(id: string) {
      const task: Task = { id, statuses: [] };
      live.set(id, task);
      tell({ type: 'TASK_ADDED', task_added: { task: v1(task) } });
      update(task, { state: 'TASK_STARTING', timestamp: seconds() });
      update(task, { state: 'TASK_RUNNING', timestamp: seconds() });
    },
    end(id: string, status: string = 'TASK_FAILED') {
      const task = live.get(id);
      if (task === undefined) throw new Error(`no task ${id}`);
      live.delete(id);
      ended.push(task);
      update(task, { state: status, timestamp: seconds(), message: 'Container exited with status 1' });
    },
  };
}

type Master = Awaited<ReturnType<typeof startMaster>>;

/** A pool that can be taken away from the collector. */
function breakable(pool: Pool): { pool: Pool; state: { isAway: boolean } } {
  const state = { isAway: false };
  const guarded = new Proxy(pool, {
    get(target, name) {
      const member = Reflect.get(target, name, target);
      if (name !== 'query' && name !== 'connect') return member;
      return (...args: unknown[]) =>
        state.isAway
          ? Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'away'))
          : Reflect.apply(member, target, args);
    },
  });
  return { pool: guarded, state };
}

async function collect(
  clusterName: string,
  master: Master,
  {
    pool = db.pool,
    marathonUrl,
    intervalMs = 60_000,
    maxEnds,
  }: Partial<{
    pool: Pool;
    marathonUrl: string;
    intervalMs: number;
    maxEnds: number;
  }> = {},
) {
  const source = { credentials: null, timeoutMs: 2_000, ca: null };
  const reader = createMasterReader({ ...source, urls: [master.server.url] });
  const marathons = (marathonUrl === undefined ? [] : [marathonUrl]).map((url) => ({
    ...createMarathonReader({ ...source, urls: [url] }),
    name: `marathon:${url}`,
    url,
  }));
  const kick = createPollKick();
  const streams = createStreams({
    pool,
    master: reader,
    marathons,
    kick: kick.kick,
    ...(maxEnds === undefined ? {} : { bounds: { maxEnds } }),
  });
  const stop = new AbortController();
  const loop = runLoop(
    {
      pool,
      clusterName,
      simulated: false,
      holder: newHolder(),
      intervalMs,
      timeoutMs: 2_000,
      sources: { master: reader, masterUrl: master.server.url, marathons, streams },
      followers: [streams],
      kick,
    },
    stop.signal,
  );
  const end = async () => {
    stop.abort();
    await loop;
    await Promise.all([reader.close(), ...marathons.map((one) => one.close())]);
  };
  closers.push(end);
  const clusterId = await ensureCluster(db.pool, { clusterName, simulated: false });
  const rows = async (sql: string) => (await db.pool.query(sql, [clusterId])).rows;
  const ids = async () =>
    (await rows('SELECT task_id FROM task_end WHERE cluster_id = $1 ORDER BY task_id')).map(
      ({ task_id }) => task_id,
    );
  const stream = async (like = 'mesos') => {
    const [row] = await rows(`SELECT * FROM stream WHERE cluster_id = $1 AND source LIKE '${like}'`);
    return row;
  };
  return { rows, ids, stream, end };
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await pause(10);
}

/** Until the stream is open and the poll that it asks for is over. */
async function anchored(master: Master): Promise<void> {
  await until(() => master.streams.size === 1 && master.reads() >= 2);
  await pause(100);
}

it.concurrent('an end is stored between two polls, as the next poll tells it: from its launch on, or asked for', async () => {
  const master = await startMaster();
  master.launch('old');
  const { rows, ids, stream, end } = await collect('between', master);
  await anchored(master);
  const reads = master.reads();
  master.launch('new');
  const toldAt = Date.now();
  master.end('new');
  master.end('old');
  await until(async () => (await ids()).length === 2);
  expect(Date.now() - toldAt).toBeLessThan(2_000);
  expect([master.reads() - reads, master.questions()]).toEqual([0, 1]);
  const ends =
    'SELECT id, task_id, message, source, host, started_at FROM task_end WHERE cluster_id = $1 ORDER BY 2';
  const told = await rows(ends);
  const same = {
    message: 'Container exited with status 1',
    source: 'SOURCE_EXECUTOR',
    host: 'h0.example.test',
  };
  expect(told).toMatchObject([
    { task_id: 'new', ...same },
    { task_id: 'old', ...same },
  ]);
  await until(async () => Number((await stream())?.ends) === 2);
  expect(await stream()).toMatchObject({
    state: 'open',
    url: master.server.url,
    dropped: '0',
    reconnects: '0',
  });
  await end();
  expect(await stream()).toMatchObject({ state: 'closed', backlog: 0 });

  // Another collector, whose first poll offers both again.
  const again = await collect('between', master);
  await anchored(master);
  expect(await again.rows(ends)).toEqual(told);
  expect(await again.rows('SELECT 1 FROM gap WHERE cluster_id = $1')).toEqual([]);
}, 30_000);

it.concurrent.each([
  ['is too old to be asked', '1.2.3'],
  ['tells too little of it', '1.6.0'],
])(
  'a poll is asked for where a master %s',
  async (name, version) => {
    const master = await startMaster({ version });
    const { ids, stream } = await collect(name, master);
    await anchored(master);
    master.launch('a');
    await pause(50);
    // Launched before the stream was opened anew.
    for (const response of master.streams) response.end();
    await until(() => master.streams.size === 1 && master.reads() >= 3);
    master.end('a');
    await until(async () => (await ids()).length === 1);
    const questions = master.questions();
    expect(questions).toBe(version === '1.2.3' ? 0 : 1);
    await until(async () => Number((await stream())?.reconnects) === 1);
  },
  30_000,
);

it.concurrent('what ends while the database is away is stored once it is back, though the master has forgotten it', async () => {
  const master = await startMaster({ ringSize: 5 });
  const { pool, state } = breakable(db.pool);
  const { ids, rows } = await collect('away', master, { pool, intervalMs: 1_000 });
  await anchored(master);
  const names = Array.from({ length: 40 }, (_, index) => `task-${String(index).padStart(2, '0')}`);
  state.isAway = true;
  for (const name of names) master.launch(name);
  await pause(300);
  for (const name of names) master.end(name);
  await pause(2_500); // Some polls fail meanwhile.
  expect(await ids()).toEqual([]);
  state.isAway = false;
  await until(async () => (await ids()).length === names.length);
  expect(await ids()).toEqual(names);
  expect(master.streams.size).toBe(1);
  await until(async () => (await rows(`SELECT 1 FROM poll_run WHERE cluster_id = $1 AND ok`)).length > 3);
  // The ring turned over eight times, and nothing escaped.
  expect(await rows('SELECT kind FROM gap WHERE cluster_id = $1')).toEqual([]);
  const [counted] = await rows('SELECT sum(ends)::int AS ends FROM rollup_hour WHERE cluster_id = $1');
  expect(counted).toEqual({ ends: names.length });
}, 30_000);

it.concurrent.each([
  ['the next poll makes up for it', 1_000, []],
  ['what the master forgot meanwhile is a gap', 5, ['ring_overrun']],
])(
  'beyond its bound the backlog is dropped, which is said: %s',
  async (name, ringSize, gaps) => {
    const master = await startMaster({ ringSize });
    const { pool, state } = breakable(db.pool);
    const { ids, rows, stream } = await collect(name, master, { pool, intervalMs: 1_000, maxEnds: 10 });
    await anchored(master);
    state.isAway = true;
    const names = Array.from({ length: 25 }, (_, index) => `task-${String(index).padStart(2, '0')}`);
    for (const id of names) master.launch(id);
    await pause(200);
    for (const id of names) master.end(id);
    await pause(700);
    state.isAway = false;
    const wanted = ringSize > names.length ? names.length : 5;
    await until(async () => (await ids()).length >= wanted);
    await until(async () => Number((await stream())?.dropped) > 0);
    const { dropped, last_dropped_at: droppedAt } = await stream();
    expect(Number(dropped)).toBeGreaterThanOrEqual(11);
    expect(droppedAt).toBeInstanceOf(Date);
    await pause(1_200); // Another poll or two.
    expect((await rows('SELECT kind FROM gap WHERE cluster_id = $1')).map(({ kind }) => kind)).toEqual(gaps);
    const [counted] = await rows('SELECT sum(ends)::int AS ends FROM rollup_hour WHERE cluster_id = $1');
    expect(counted).toEqual({ ends: (await ids()).length });
  },
  30_000,
);

it.concurrent('a Marathon is followed: kills that it announces are proven, deployments known before their kills come', async () => {
  const master = await startMaster();
  const listeners = new Set<ServerResponse>();
  const deployments: unknown[] = [];
  const marathon = await startTestServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    const answers: Record<string, unknown> = {
      '/v2/info': { frameworkId: 'F1', name: 'marathon', version: '1.10.0' },
      '/v2/apps': { apps: ['/shop/cart', '/shop/web'].map((id) => ({ id, instances: 1, cpus: 1, mem: 64 })) },
      '/v2/deployments': deployments,
      '/v2/queue': { queue: [] },
    };
    if (pathname === '/v2/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('\n');
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
      return;
    }
    const answer = answers[pathname];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
  });
  closers.push(marathon.close);
  const send = (eventType: string, fields: Record<string, unknown>) => {
    const timestamp = new Date().toISOString();
    for (const one of listeners) {
      one.write(`event: ${eventType}\ndata: ${JSON.stringify({ ...fields, eventType, timestamp })}\n\n`);
    }
  };
  const { rows, stream } = await collect('marathon', master, { marathonUrl: marathon.url });
  await anchored(master);
  await until(() => listeners.size === 1);
  const verdicts = () =>
    rows(
      'SELECT task_id, cause, disposition, proof, deployment_id FROM task_end WHERE cluster_id = $1 ORDER BY finished_at',
    );

  const reads = master.reads();
  master.launch(CART);
  send('unhealthy_task_kill_event', { taskId: CART, appId: '/shop/cart', reason: '503 Service Unavailable' });
  await until(async () => (await rows('SELECT 1 FROM marathon_kill WHERE cluster_id = $1')).length === 1);
  master.end(CART, 'TASK_KILLED');
  await until(async () => (await verdicts()).length === 1);
  expect(await verdicts()).toMatchObject([
    { cause: 'killed_unhealthy', disposition: 'failure', proof: 'proven' },
  ]);

  const WEB = `shop_web.${UUID}`;
  master.launch(WEB);
  await pause(50);
  master.end(WEB, 'TASK_KILLED');
  await until(async () => (await verdicts()).length === 2);
  expect((await verdicts())[1]).toMatchObject({ disposition: 'unexplained' });
  const actions = [{ action: 'RestartApplication', app: '/shop/web' }];
  deployments.push({
    id: 'd1',
    version: new Date(Date.now() - 1_000).toISOString(),
    affectedApps: ['/shop/web'],
    steps: [{ actions }],
    currentActions: actions,
    currentStep: 1,
    totalSteps: 1,
  });
  send('deployment_info', { plan: { id: 'd1' } });
  await until(async () => (await verdicts())[1]?.deployment_id === 'd1');
  expect((await verdicts())[1]).toMatchObject({ cause: 'killed_by_deploy_or_scale', disposition: 'normal' });
  // Without any poll of the master.
  expect(master.reads()).toBe(reads);
  await until(async () => Number((await stream('marathon:%'))?.events) === 2);
  expect(await stream('marathon:%')).toMatchObject({ state: 'open', url: marathon.url });
}, 30_000);

/** Streams under a lease, without polls, of a master whose events come by hand. */
async function follow(clusterName: string) {
  const clusterId = await ensureCluster(db.pool, { clusterName, simulated: false });
  const lease = await takeLease(db.pool, { clusterId, holder: 'me', ttlMs: 600_000 });
  if (!lease) throw new Error('no lease');
  const { memory, ...state } = newCycleState(await loadMemory(db.pool, clusterId));
  const stream: { handlers: EventHandlers | null; close: () => void } = { handlers: null, close: () => {} };
  const streams = createStreams({
    pool: db.pool,
    marathons: [],
    kick: () => {},
    master: {
      leaderUrl: () => 'http://master.example.test:5050',
      version: () => '1.11.0',
      findEnded: async () => null,
      follow(handlers, signal) {
        stream.handlers = handlers;
        return new Promise((resolve) => {
          stream.close = () => resolve({ refused: null });
          signal.addEventListener('abort', stream.close);
        });
      },
    },
  });
  closers.push(() => streams.rest());
  streams.adopt(lease, { ...state, memory });
  streams.lead(lease);
  const subscribed = async () => {
    await until(() => stream.handlers !== null);
    // In the order in which the reader tells of the first event.
    stream.handlers?.onEvent?.();
    stream.handlers?.onOpen();
    return stream.handlers;
  };
  return { clusterId, lease, memory, streams, stream, subscribed };
}

/** A task that is launched and ends at once. */
function tellEnd(handlers: EventHandlers | null): void {
  const task = { frameworkId: 'F1', taskId: 'a', agentId: 'S0' };
  const bare = { message: null, reason: null, source: null, healthy: null, containerId: null };
  handlers?.onAdded?.({
    ...task,
    executorId: '',
    name: 'a',
    state: 'TASK_STAGING',
    statuses: [],
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'tasks',
  });
  handlers?.onUpdate({
    ...task,
    hasEnded: true,
    state: 'TASK_FAILED',
    status: { ...bare, state: 'TASK_FAILED', at: new Date() },
    containerId: null,
    docker: null,
  });
}

it.concurrent('that a stream is opened again is no sign of life for the time that it was closed', async () => {
  const { memory, stream, subscribed } = await follow('reopened');
  const first = await subscribed();
  expect(memory.streamAliveAt).toBeNull();
  memory.streamOpenedAt = null; // A poll was stored.
  first?.onEvent?.();
  const aliveAt = memory.streamAliveAt;
  expect(aliveAt).toBeInstanceOf(Date);
  stream.handlers = null;
  stream.close();
  await until(() => stream.handlers !== null);
  const again = await subscribed();
  again?.onEvent?.();
  expect(memory.streamAliveAt).toBe(aliveAt);
  memory.streamOpenedAt = null;
  again?.onEvent?.();
  expect(memory.streamAliveAt).not.toBe(aliveAt);
}, 30_000);

it.concurrent.each([
  ['the collector ends', false, 1],
  ['another instance took over, whose poll judges what is missing', true, 0],
])(
  'ends that still wait count as dropped, or not, where %s',
  async (name, isTakenOver, dropped) => {
    const { clusterId, streams, subscribed } = await follow(name);
    const handlers = await subscribed();
    // It waits for the poll that is asked for at the opening, and there is none here.
    tellEnd(handlers);
    await streams.rest(isTakenOver);
    const { rows } = await db.pool.query('SELECT dropped::int FROM stream WHERE cluster_id = $1', [
      clusterId,
    ]);
    expect(rows).toEqual([{ dropped }]);
  },
  30_000,
);

it.concurrent('what waits while Postgres loses what was stored proves nothing any more, and waits for the poll', async () => {
  const { clusterId, lease, memory, streams, subscribed } = await follow('lost');
  const storedEnds = async () =>
    (await db.pool.query('SELECT 1 FROM task_end WHERE cluster_id = $1', [clusterId])).rowCount;
  const handlers = await subscribed();
  memory.streamOpenedAt = null; // A poll was stored.
  handlers?.onEvent?.();
  const fresh = newCycleState({ ...(await loadMemory(db.pool, clusterId)), streamOpenedAt: new Date() });
  tellEnd(handlers);
  streams.adopt(lease, fresh);
  expect(fresh.memory.streamAliveAt).toBeNull();
  await streams.drain();
  expect(await storedEnds()).toBe(0);
  fresh.memory.streamOpenedAt = null;
  await streams.drain();
  expect(await storedEnds()).toBe(1);
}, 30_000);
