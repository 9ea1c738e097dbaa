import { afterEach, describe, expect, it } from 'vitest';

import type { Cluster } from '../start-cluster';
import { startTestCluster } from '../test-cluster';

type Json = Record<string, unknown>;

let cluster: Cluster | null = null;
let abort = new AbortController();

afterEach(async () => {
  abort.abort();
  abort = new AbortController();
  await cluster?.stop();
  cluster = null;
});

async function start(options: Parameters<typeof startTestCluster>[0] = {}): Promise<Cluster> {
  cluster = await startTestCluster({ welcomes: false, historySeconds: 3600, ...options });
  return cluster;
}

type Stream = { records: Json[]; isOver: () => boolean; rest: () => string };

/** Subscribes and takes the records apart as they come. */
async function subscribe(master: string): Promise<Stream> {
  const response = await fetch(`${master}/api/v1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'Accept-Encoding': 'gzip' },
    body: '{"type":"SUBSCRIBE"}',
    signal: abort.signal,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('content-encoding')).toBeNull();
  const records: Json[] = [];
  let over = false;
  let buffer = Buffer.alloc(0);
  void (async () => {
    try {
      for await (const chunk of response.body ?? []) {
        buffer = Buffer.concat([buffer, chunk as Uint8Array]);
        for (let end = buffer.indexOf(10); end !== -1; end = buffer.indexOf(10)) {
          const head = buffer.subarray(0, end).toString();
          expect(head).toMatch(/^\d+$/);
          const length = Number(head);
          if (buffer.length < end + 1 + length) break;
          records.push(JSON.parse(buffer.subarray(end + 1, end + 1 + length).toString()) as Json);
          buffer = buffer.subarray(end + 1 + length);
        }
      }
    } catch {
      // Broken off, by us or by the master.
    }
    over = true;
  })();
  return { records, isOver: () => over, rest: () => buffer.toString() };
}

const ofType = ({ records }: Stream, type: string) => records.filter((record) => record.type === type);

describe('SUBSCRIBE', () => {
  it('first the whole state, a heartbeat, then what happens', async () => {
    const { masters, simulation } = await start();
    const stream = await subscribe(masters[0] ?? '');
    await expect.poll(() => stream.records.length).toBe(2);
    const [subscribed, heartbeat] = stream.records;
    expect(subscribed).toMatchObject({
      type: 'SUBSCRIBED',
      subscribed: {
        heartbeat_interval_seconds: 15,
        get_state: {
          get_tasks: { tasks: expect.any(Array), completed_tasks: expect.any(Array) },
          get_executors: { executors: expect.any(Array) },
          get_frameworks: {
            frameworks: expect.arrayContaining([
              expect.objectContaining({ framework_info: expect.objectContaining({ name: 'marathon' }) }),
            ]),
          },
          get_agents: {
            agents: expect.arrayContaining([
              expect.objectContaining({
                agent_info: expect.objectContaining({ hostname: 'node-01.fra1.example.test' }),
              }),
            ]),
          },
        },
      },
    });
    expect(heartbeat).toEqual({ type: 'HEARTBEAT' });

    simulation.trigger('oom-java');
    simulation.skip(60);
    await expect.poll(() => ofType(stream, 'TASK_ADDED').length).toBeGreaterThan(2);
    const failed = ofType(stream, 'TASK_UPDATED').find(
      ({ task_updated: update }) =>
        (update as Json).state === 'TASK_FAILED' &&
        ((update as Json).status as Json).message === 'Container exited with status 137',
    );
    if (failed === undefined) throw new Error('no task failed of 137');
    const { status } = failed.task_updated as { status: Json };
    expect(status).toMatchObject({
      state: 'TASK_FAILED',
      source: 'SOURCE_EXECUTOR',
      uuid: expect.any(String),
      timestamp: expect.any(Number),
    });
    expect('reason' in status || 'data' in status).toBe(false);
  });

  it('the RUNNING update of a Docker task carries docker inspect; others carry no data', async () => {
    const { masters, simulation } = await start();
    const stream = await subscribe(masters[0] ?? '');
    simulation.trigger('oom-java');
    simulation.skip(60);
    const running = () =>
      ofType(stream, 'TASK_UPDATED')
        .map(({ task_updated: update }) => (update as Json).status as Json)
        .filter(({ state }) => state === 'TASK_RUNNING');
    await expect.poll(() => running().length).toBeGreaterThan(2);
    for (const status of running()) {
      const id = (status.task_id as Json).value as string;
      const task = simulation.world.marathon.framework.tasks.get(id);
      if (task?.kind !== 'docker') {
        expect('data' in status).toBe(false);
        continue;
      }
      const [inspected] = JSON.parse(Buffer.from(String(status.data), 'base64').toString()) as Json[];
      expect(inspected).toMatchObject({
        Id: task.dockerId,
        Name: `/mesos-${task.containerId}`,
        State: { Pid: task.pid, Running: true },
        HostConfig: { Memory: task.mem * 1024 * 1024 },
        Config: { Image: task.image },
      });
      expect(task.dockerId).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('a lost agent: its tasks are updated, it is not removed, and back it is added with its tasks', async () => {
    const { masters, simulation } = await start();
    const stream = await subscribe(masters[0] ?? '');
    simulation.trigger('agent-lost');
    simulation.skip(1800);
    await expect.poll(() => ofType(stream, 'AGENT_ADDED').length).toBe(1);
    expect(ofType(stream, 'AGENT_REMOVED')).toEqual([]);
    const unreachable = ofType(stream, 'TASK_UPDATED').filter(
      ({ task_updated: update }) => (update as Json).state === 'TASK_UNREACHABLE',
    );
    expect(unreachable.length).toBeGreaterThan(0);
    expect(unreachable[0]?.task_updated).toMatchObject({
      status: {
        reason: 'REASON_AGENT_REMOVED',
        unreachable_time: { nanoseconds: expect.any(Number) },
      },
    });
  });

  it.each([
    ['1.4', false],
    ['1.11', true],
  ] as const)('%s: health updates and heartbeats are told %s', async (version, isTold) => {
    const { masters, simulation } = await start({ version });
    const stream = await subscribe(masters[0] ?? '');
    simulation.trigger('health-check');
    simulation.skip(30);
    await expect.poll(() => ofType(stream, 'TASK_UPDATED').length).toBeGreaterThan(1);
    const checks = ofType(stream, 'TASK_UPDATED').filter(({ task_updated: update }) => {
      const { state, healthy } = (update as Json).status as Json;
      return state === 'TASK_RUNNING' && healthy === false;
    });
    expect(checks.length > 0).toBe(isTold);
    expect(ofType(stream, 'HEARTBEAT').length > 0).toBe(isTold);
    expect(JSON.stringify(stream.records[0]).includes('heartbeat_interval_seconds')).toBe(isTold);
  });

  it('before 1.0 there is none, a non-leader redirects, and a master that loses the lead ends its streams', async () => {
    const { masters, control } = await start();
    const stream = await subscribe(masters[0] ?? '');
    const metrics = (await (await fetch(`${masters[0]}/metrics/snapshot`)).json()) as Json;
    expect(metrics['master/operator_event_stream_subscribers']).toBe(1);
    const other = await fetch(`${masters[1]}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"type":"SUBSCRIBE"}',
      redirect: 'manual',
    });
    expect(other.status).toBe(307);
    await fetch(`${control}/sim/misbehave?mode=non-leader`, { method: 'POST' });
    await expect.poll(stream.isOver).toBe(true);
  });

  it('truncate breaks off within a record', async () => {
    const { masters, control } = await start();
    await fetch(`${control}/sim/misbehave?mode=truncate`, { method: 'POST' });
    const stream = await subscribe(masters[0] ?? '');
    await expect.poll(stream.isOver).toBe(true);
    expect(stream.rest()).toMatch(/^4711\n\{"type"/);
  });
});

it('GET_STATE, GET_AGENTS and GET_FRAMEWORKS answer by name', async () => {
  const { masters } = await start();
  for (const type of ['GET_STATE', 'GET_AGENTS', 'GET_FRAMEWORKS']) {
    const response = await fetch(`${masters[0]}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type }),
    });
    expect(await response.json()).toMatchObject({ type, [type.toLowerCase()]: expect.any(Object) });
  }
});
