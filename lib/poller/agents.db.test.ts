import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import { ensureCluster } from '@/lib/ingest/ensure-cluster';
import { takeLease } from '@/lib/ingest/lease';
import { createAgentGate } from '@/lib/mesos/agent-gate';
import { createAgentReader } from '@/lib/mesos/read-agent';
import { createMasterReader } from '@/lib/mesos/read-master';
import { startTestServer, type TestServer } from '@/lib/upstream/test-server';

import { createAgents } from './agents';
import { newHolder } from './holder';
import { runLoop } from './loop';
import { createPollKick } from './poll-kick';
import { createStreams } from './streams';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const UUID = '0a1b2c3d-0000-11ea-8000-0242ac110002';
const WEB = `shop_web.${UUID}`;
const RUN = '3f0c6f6e-1111-4222-8333-444455556666';
const DOCKER_ID = '812c82c5a7a5'.padEnd(64, '0');
const DIRECTORY = `/var/lib/mesos/slaves/S0/frameworks/F1/executors/${WEB}/runs/${RUN}`;
const LIMIT = 544 * 1024 * 1024;

const seconds = () => Date.now() / 1_000;
const record = (event: unknown) => {
  const text = JSON.stringify(event);
  return `${Buffer.byteLength(text)}\n${text}`;
};

type Ending = { taskId: string; agentId: string; at: number };

/** A master with tasks that run and end, agents at the given addresses, and an event stream. */
async function startMaster(agents: Map<string, string>) {
  const running = new Set<string>();
  const ended: Ending[] = [];
  const streams = new Set<ServerResponse>();
  const bornAt = seconds() - 600;
  const task = (taskId: string, agentId: string, statuses: unknown[]) => ({
    id: taskId,
    name: taskId,
    framework_id: 'F1',
    executor_id: '',
    slave_id: agentId,
    state: (statuses.at(-1) as { state: string }).state,
    resources: { cpus: 1, mem: 512, disk: 0 },
    statuses,
    container: { type: 'DOCKER', docker: { image: 'web:1' } },
  });
  const runs = { state: 'TASK_RUNNING', timestamp: bornAt };
  const state = () => ({
    version: '1.11.0',
    start_time: bornAt,
    elected_time: bornAt,
    id: 'm1',
    flags: {},
    slaves: [...agents].map(([id, hostPort]) => ({
      id,
      hostname: `${id}.example.test`,
      pid: `slave(1)@${hostPort}`,
      version: '1.11.0',
      active: true,
    })),
    frameworks: [
      {
        id: 'F1',
        name: 'marathon',
        active: true,
        tasks: [...running].map((id) => task(id, 'S0', [runs])),
        completed_tasks: ended.map(({ taskId, agentId, at }) =>
          task(taskId, agentId, [runs, { state: 'TASK_FAILED', timestamp: at }]),
        ),
      },
    ],
    completed_frameworks: [],
  });
  const update = (taskId: string, agentId: string, status: Record<string, unknown>) => {
    const event = {
      type: 'TASK_UPDATED',
      task_updated: {
        framework_id: { value: 'F1' },
        state: status.state,
        status: { task_id: { value: taskId }, agent_id: { value: agentId }, ...status },
      },
    };
    for (const stream of streams) stream.write(record(event));
  };
  const server = await startTestServer((request, response) => {
    if (request.method === 'POST') {
      if (server.seen.at(-1)?.body !== '{"type":"SUBSCRIBE"}') return void response.writeHead(400).end();
      response.write(record({ type: 'SUBSCRIBED', subscribed: { heartbeat_interval_seconds: 15 } }));
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    response.end(JSON.stringify(request.url?.startsWith('/state') ? state() : {}));
  });
  closers.push(server.close);
  return {
    server,
    streams,
    run(taskId: string, status: Record<string, unknown>) {
      running.add(taskId);
      update(taskId, 'S0', { state: 'TASK_RUNNING', ...status });
    },
    end(taskId: string, agentId = 'S0') {
      running.delete(taskId);
      ended.push({ taskId, agentId, at: seconds() });
      update(taskId, agentId, { state: 'TASK_FAILED' });
    },
  };
}

async function startAgent(usedBytes: () => number): Promise<TestServer> {
  const agent = await startTestServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.pathname === '/slave(1)/containers') {
      const statistics = { timestamp: seconds(), mem_rss_bytes: usedBytes(), mem_limit_bytes: LIMIT };
      const one = { container_id: RUN, framework_id: 'F1', executor_id: WEB, source: WEB, statistics };
      return void response.end(JSON.stringify([one]));
    }
    if (url.pathname === '/slave(1)/state') {
      const executors = [
        { id: WEB, source: WEB, container: RUN, directory: DIRECTORY, completed_tasks: [{ id: WEB }] },
      ];
      return void response.end(
        JSON.stringify({ frameworks: [{ id: 'F1', completed_executors: executors }] }),
      );
    }
    const text = {
      [`${DIRECTORY}/stdout`]: 'started',
      [`${DIRECTORY}/stderr`]: 'java.lang.OutOfMemoryError',
    }[url.searchParams.get('path') ?? ''];
    if (url.pathname !== '/files/read' || text === undefined) return void response.writeHead(404).end();
    const offset = url.searchParams.get('offset');
    response.end(
      JSON.stringify(offset === null ? { data: '', offset: text.length } : { data: text, offset: 0 }),
    );
  });
  closers.push(agent.close);
  return agent;
}

async function collect(
  clusterName: string,
  masterUrl: string,
  more: { sampleIntervalMs?: number; timeoutMs?: number } = {},
) {
  const master = createMasterReader({ urls: [masterUrl], credentials: null, timeoutMs: 2_000, ca: null });
  const gate = createAgentGate();
  const reader = createAgentReader({ credentials: null, timeoutMs: more.timeoutMs ?? 2_000, ca: null, gate });
  const kick = createPollKick();
  const agents = createAgents({
    pool: db.pool,
    reader,
    gate,
    sampleIntervalMs: more.sampleIntervalMs ?? 200,
    sandboxTails: true,
  });
  const streams = createStreams({
    pool: db.pool,
    master,
    marathons: [],
    kick: kick.kick,
    onUpdate: agents.noteUpdate,
    onFailures: agents.fetchTails,
  });
  const polls: number[] = [];
  const stop = new AbortController();
  const loop = runLoop(
    {
      pool: db.pool,
      clusterName,
      simulated: false,
      holder: newHolder(),
      // Nothing in these tests happens by the regular poll.
      intervalMs: 60_000,
      timeoutMs: 2_000,
      sources: {
        master: {
          async read(signal, seen) {
            const startedAt = performance.now();
            const snapshot = await master.read(signal, seen);
            agents.learn(snapshot);
            polls.push(performance.now() - startedAt);
            return snapshot;
          },
        },
        masterUrl,
        marathons: [],
        streams,
      },
      followers: [agents, streams],
      kick,
    },
    stop.signal,
  );
  const end = async () => {
    stop.abort();
    await loop;
    await Promise.all([master.close(), reader.close()]);
  };
  closers.push(end);
  const clusterId = await ensureCluster(db.pool, { clusterName, simulated: false });
  const rows = async (sql: string) => (await db.pool.query(sql, [clusterId])).rows;
  return { polls, rows, end, clusterId };
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await pause(10);
}

it('has a failure, its last words and its memory stored seconds after the event, between two polls', async () => {
  let used = 100 * 1024 * 1024;
  const agent = await startAgent(() => {
    used = Math.min(LIMIT, used + 1024 * 1024);
    return used;
  });
  const master = await startMaster(new Map([['S0', agent.host]]));
  const { rows, polls } = await collect('one', master.server.url);
  await until(() => master.streams.size === 1);

  const inspection = [
    { Id: DOCKER_ID, Name: `/mesos-${RUN}`, State: { Pid: 76510 }, HostConfig: { Memory: LIMIT } },
  ];
  master.run(WEB, { data: Buffer.from(JSON.stringify(inspection)).toString('base64') });
  const container = 'SELECT * FROM container WHERE cluster_id = $1';
  await until(async () => (await rows(container)).some(({ docker_id }) => docker_id !== null));
  await until(() => agent.seen.filter(({ url }) => url.endsWith('/containers')).length > 5);
  expect(await rows(container)).toMatchObject([
    {
      container_id: RUN,
      docker_id: DOCKER_ID,
      pid: 76510,
      task_id: WEB,
      framework_id: 'F1',
      agent_id: 'S0',
      host: 'S0.example.test',
      app_id: '/shop/web',
      mem_limit_bytes: String(LIMIT),
      told_by: 'status',
    },
  ]);

  const endedAt = Date.now();
  master.end(WEB);
  const tails = `SELECT e.task_id, t.file, t.content, t.size_bytes, t.from_byte, t.error_code
                 FROM sandbox_tail t JOIN task_end e ON e.cluster_id = t.cluster_id AND e.id = t.end_id
                 WHERE t.cluster_id = $1 ORDER BY t.file`;
  await until(async () => (await rows(tails)).length === 2);
  expect(Date.now() - endedAt).toBeLessThan(5_000);
  const stored = (await rows(tails)).map(({ content, ...rest }) => ({
    ...rest,
    text: gunzipSync(content).toString(),
  }));
  const whole = { task_id: WEB, from_byte: '0', error_code: null };
  expect(stored).toEqual([
    { ...whole, file: 'stderr', size_bytes: '26', text: 'java.lang.OutOfMemoryError' },
    { ...whole, file: 'stdout', size_bytes: '7', text: 'started' },
  ]);
  // Beside the first, one as the stream was opened, and one as the master could not be asked for the end alone.
  expect(polls.length).toBeLessThanOrEqual(3);

  const memory = `SELECT m.limit_bytes, m.samples FROM task_memory m JOIN task_end e ON e.cluster_id = m.cluster_id
                  AND e.id = m.end_id WHERE m.cluster_id = $1`;
  await until(async () => (await rows(memory)).length === 1);
  const [series] = await rows(memory);
  expect(series).toMatchObject({ limit_bytes: String(LIMIT) });
  const bytes = series?.samples.map(([, used]: [number, number]) => used) ?? [];
  expect(bytes.length).toBeGreaterThan(3);
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  const contacts = await rows(
    'SELECT agent_id, error_code, containers, skew_ms FROM agent_contact WHERE cluster_id = $1',
  );
  expect(contacts).toMatchObject([{ agent_id: 'S0', error_code: null, containers: 1 }]);
  expect(Math.abs(contacts[0]?.skew_ms)).toBeLessThan(1_500);
  const inApp = await rows(
    'SELECT app_id, max_bytes, limit_bytes, tasks FROM app_memory WHERE cluster_id = $1',
  );
  expect(inApp).toMatchObject([{ app_id: '/shop/web', limit_bytes: String(LIMIT), tasks: 1 }]);
}, 30_000);

it('a hundred agents that hang cost a poll and the other agents nothing', async () => {
  const good = await startAgent(() => 1024);
  const hanging = await startTestServer(() => {});
  closers.push(hanging.close);
  const agents = new Map([['S0', good.host]]);
  for (let index = 1; index <= 100; index += 1) agents.set(`S${index}`, hanging.host);
  const master = await startMaster(agents);
  for (let index = 1; index <= 40; index += 1) master.end(`bad_job-${index}.${UUID}`, `S${index}`);
  const { rows, polls } = await collect('many', master.server.url, { timeoutMs: 1_500 });
  await until(() => master.streams.size === 1);
  await until(async () => hanging.seen.length > 50);

  const endedAt = Date.now();
  master.end(WEB);
  const good_ = `SELECT 1 FROM sandbox_tail t JOIN task_end e ON e.cluster_id = t.cluster_id AND e.id = t.end_id
                 WHERE t.cluster_id = $1 AND e.agent_id = 'S0' AND t.content IS NOT NULL`;
  await until(async () => (await rows(good_)).length === 2);
  expect(Date.now() - endedAt).toBeLessThan(6_000);
  expect(Math.max(...polls)).toBeLessThan(500);
  // The good one was sampled at every turn all the while.
  const turns = () => good.seen.filter(({ url }) => url.endsWith('/containers')).length;
  const before = turns();
  await pause(1_000);
  expect(turns() - before).toBeGreaterThanOrEqual(4);

  const failed = `SELECT DISTINCT error_code FROM sandbox_tail WHERE cluster_id = $1 AND content IS NULL`;
  await until(async () => (await rows(failed)).length === 1);
  expect(await rows(failed)).toEqual([{ error_code: 'AGENT_TIMEOUT' }]);
  await until(async () => {
    const [contact] = await rows(
      `SELECT count(*)::int AS n FROM agent_contact WHERE cluster_id = $1 AND error_code = 'AGENT_TIMEOUT'`,
    );
    return contact?.n > 90;
  });
  // Asked once each, by whichever came first, and then left alone.
  expect(hanging.seen.length).toBeLessThanOrEqual(101);
}, 30_000);

it('asks nobody once the lease is another’s, and nobody before it is held', async () => {
  const agent = await startAgent(() => 1024);
  const master = await startMaster(new Map([['S0', agent.host]]));
  const clusterId = await ensureCluster(db.pool, { clusterName: 'lost', simulated: false });
  await takeLease(db.pool, { clusterId, holder: 'elsewhere|1|aa|bb', ttlMs: 60_000 });
  await collect('lost', master.server.url);
  await pause(700);
  expect(agent.seen).toHaveLength(0);
  expect(master.server.seen).toHaveLength(0);
});
