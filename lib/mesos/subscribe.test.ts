import type { RequestListener, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';
import { createUpstream } from '@/lib/upstream/create-upstream';
import { startTestServer, status } from '@/lib/upstream/test-server';

import { followEvents, type TaskUpdate } from './subscribe';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const ID = '812c82c5a7a5'.padEnd(64, '0');
const CONTAINER = '3f0c6f6e-1111-4222-8333-444455556666';

type Told = {
  opened: number;
  updates: TaskUpdate[];
  added: string[];
  named: unknown[];
  events: number;
  outcome: unknown;
};

/** What a follower is told by a master that answers with `listener`, and how it ended. */
async function follow(
  listener: RequestListener,
  { timeoutMs = 2_000, silenceMs = { least: 200, withoutHeartbeat: 500 } } = {},
): Promise<Told> {
  const server = await startTestServer(listener);
  const upstream = createUpstream('mesos', { urls: [server.url], credentials: null, timeoutMs, ca: null });
  closers.push(server.close, upstream.close);
  const [target] = upstream.targets;
  if (target === undefined) throw new Error('no target');
  const told: Told = { opened: 0, updates: [], added: [], named: [], events: 0, outcome: null };
  told.outcome = await followEvents(
    upstream,
    target,
    {
      onOpen: () => {
        told.opened += 1;
      },
      onUpdate: (update) => told.updates.push(update),
      onAdded: ({ taskId, statuses }) => told.added.push(`${taskId} ${statuses.length}`),
      onNamed: (named) => told.named.push(named),
      onEvent: () => {
        told.events += 1;
      },
    },
    { signal: new AbortController().signal, silenceMs },
  ).catch((thrown: unknown) => (thrown instanceof AppError ? thrown.code : thrown));
  expect(JSON.parse(server.seen[0]?.body ?? '{}')).toEqual({ type: 'SUBSCRIBE' });
  return told;
}

const record = (event: unknown) => {
  const text = typeof event === 'string' ? event : JSON.stringify(event);
  return `${Buffer.byteLength(text)}\n${text}`;
};
const events =
  (...all: unknown[]): RequestListener =>
  (_request, response) => {
    for (const event of all) response.write(record(event));
    response.end();
  };

const subscribed = { type: 'SUBSCRIBED', subscribed: { get_state: {}, heartbeat_interval_seconds: 15 } };
const updated = (status: Record<string, unknown>, extra: Record<string, unknown> = {}) => ({
  type: 'TASK_UPDATED',
  task_updated: {
    framework_id: { value: 'F1' },
    state: status.state,
    status: { task_id: { value: 'web.1' }, agent_id: { value: 'S1' }, timestamp: 1700000000.5, ...status },
    ...extra,
  },
});
const data = Buffer.from(
  JSON.stringify([
    { Id: ID, Name: `/mesos-${CONTAINER}`, State: { Pid: 76510 }, HostConfig: { Memory: 1024 } },
  ]),
).toString('base64');

describe('followEvents', () => {
  it('tells the container of a Docker task that runs, and that it ended', async () => {
    const { opened, updates, outcome } = await follow(
      events(
        subscribed,
        { type: 'HEARTBEAT' },
        { type: 'TASK_ADDED', task_added: { task: { name: '"TASK_UPDATED"' } } },
        updated({ state: 'TASK_RUNNING', data, container_status: { container_id: { value: CONTAINER } } }),
        updated({ state: 'TASK_FAILED', message: 'Container exited with status 137' }),
      ),
    );
    expect({ opened, outcome }).toEqual({ opened: 1, outcome: { refused: null } });
    const status = {
      at: new Date(1_700_000_000_500),
      healthy: null,
      message: null,
      reason: null,
      source: null,
    };
    expect(updates).toEqual([
      {
        frameworkId: 'F1',
        taskId: 'web.1',
        agentId: 'S1',
        hasEnded: false,
        state: 'TASK_RUNNING',
        status: { ...status, state: 'TASK_RUNNING', containerId: CONTAINER },
        containerId: CONTAINER,
        docker: { dockerId: ID, containerId: CONTAINER, pid: 76510, limitBytes: 1024 },
      },
      {
        frameworkId: 'F1',
        taskId: 'web.1',
        agentId: 'S1',
        hasEnded: true,
        state: 'TASK_FAILED',
        status: {
          ...status,
          state: 'TASK_FAILED',
          message: 'Container exited with status 137',
          containerId: null,
        },
        containerId: null,
        docker: null,
      },
    ]);
  });

  it('tells tasks that are added and the names of agents and frameworks, and counts every event', async () => {
    const task = {
      name: 'web',
      task_id: { value: 'web.1' },
      framework_id: { value: 'F1' },
      agent_id: { value: 'S1' },
      state: 'TASK_RUNNING',
      statuses: [{ state: 'TASK_RUNNING', timestamp: 1_700_000_000 }],
    };
    const {
      added,
      named,
      events: count,
    } = await follow(
      events(
        subscribed,
        { type: 'HEARTBEAT' },
        { type: 'TASK_ADDED', task_added: { task } },
        { type: 'TASK_ADDED', task_added: {} },
        {
          type: 'AGENT_ADDED',
          agent_added: { agent: { agent_info: { id: { value: 'S1' }, hostname: 'h1' } } },
        },
        { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'S1' } } },
        {
          type: 'FRAMEWORK_ADDED',
          framework_added: { framework: { framework_info: { id: { value: 'F1' }, name: 'marathon' } } },
        },
        {
          type: 'FRAMEWORK_UPDATED',
          framework_updated: { framework: { framework_info: { id: { value: 'F1' }, name: 'marathon-2' } } },
        },
        { type: 'FRAMEWORK_REMOVED', framework_removed: { framework_info: { id: { value: 'F1' } } } },
      ),
    );
    expect({ added, count }).toEqual({ added: ['web.1 1'], count: 9 });
    expect(named).toMatchObject([
      { kind: 'agent', id: 'S1', name: 'h1' },
      { kind: 'framework', id: 'F1', name: 'marathon' },
      { kind: 'framework', id: 'F1', name: 'marathon-2' },
    ]);
  });

  it.each([
    ['data of another state is not read', updated({ state: 'TASK_STARTING', data }), { docker: null }],
    [
      'the latest state may be ahead of the status',
      updated({ state: 'TASK_RUNNING' }, { state: 'TASK_FAILED' }),
      { hasEnded: true },
    ],
    [
      'Mesos 1.0 tells no status',
      {
        type: 'TASK_UPDATED',
        task_updated: { task_id: { value: 'web.1' }, agent_id: { value: 'S1' }, state: 'TASK_KILLED' },
      },
      { taskId: 'web.1', agentId: 'S1', frameworkId: null, hasEnded: true },
    ],
    ['data that is no inspection', updated({ state: 'TASK_RUNNING', data: 'AAAA' }), { docker: null }],
  ])('%s', async (_name, event, expected) => {
    const { updates } = await follow(events(subscribed, event));
    expect(updates).toMatchObject([expected]);
  });

  it.each([
    ['without a task', { type: 'TASK_UPDATED', task_updated: {} }],
    ['that is no JSON', '{"type":"TASK_UPDATED"'],
    ['that is a list', '["TASK_UPDATED"]'],
    ['that is too large', updated({ state: 'TASK_RUNNING', data: 'A'.repeat(3 * 1024 * 1024) })],
  ])('an event %s is passed over, and the next is told', async (_name, event) => {
    const { updates } = await follow(events(subscribed, event, updated({ state: 'TASK_FAILED' })));
    expect(updates).toMatchObject([{ hasEnded: true }]);
  });

  it('passes over a first event of 256 MB without holding it', async () => {
    const filler = Buffer.alloc(1024 * 1024, 'x');
    const head = '{"type":"SUBSCRIBED","subscribed":{"get_state":{"x":"';
    const tail = '"},"heartbeat_interval_seconds":15.0}}';
    const size = head.length + 256 * filler.length + tail.length;
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const { opened, updates } = await follow(
      async (_request, response) => {
        response.write(`${size}\n${head}`);
        for (let sent = 0; sent < 256; sent += 1) {
          await new Promise((resolve) => response.write(filler, resolve));
          peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
        }
        response.end(tail + record(updated({ state: 'TASK_FAILED' })));
      },
      { timeoutMs: 10_000, silenceMs: { least: 5_000, withoutHeartbeat: 5_000 } },
    );
    expect(opened).toBe(1);
    expect(updates).toHaveLength(1);
    expect(peak).toBeLessThan(100 * 1024 * 1024);
  }, 20_000);

  it.each([
    ['before the first event, as long as one may take to make', [], 500],
    [
      'after it, by its heartbeats',
      [{ ...subscribed, subscribed: { heartbeat_interval_seconds: 0.01 } }],
      200,
    ],
    ['after it where the master has no heartbeats', [{ type: 'SUBSCRIBED', subscribed: {} }], 500],
  ])('a stream that falls silent ends: %s', async (_name, sent, silentMs) => {
    const startedAt = performance.now();
    const { outcome } = await follow((_request, response) => {
      response.writeHead(200);
      response.flushHeaders();
      for (const event of sent) response.write(record(event));
    });
    expect(outcome).toBe('MESOS_TIMEOUT');
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(silentMs - 20);
    expect(tookMs).toBeLessThan(silentMs + 250);
  });

  it('outlives the time-out of a request while heartbeats come', async () => {
    let beats = 0;
    const { outcome } = await follow(
      (_request, response: ServerResponse) => {
        response.write(record({ ...subscribed, subscribed: { heartbeat_interval_seconds: 0.05 } }));
        const beat = setInterval(() => {
          beats += 1;
          response.write(record({ type: 'HEARTBEAT' }));
          if (beats === 12) {
            clearInterval(beat);
            response.end();
          }
        }, 50);
      },
      { timeoutMs: 300 },
    );
    expect(outcome).toEqual({ refused: null });
    expect(beats).toBe(12);
  });

  it.each([
    ['no such path (before 1.0)', status(404), { refused: 404 }],
    ['not allowed', status(403), { refused: 403 }],
    ['not implemented', status(501), { refused: 501 }],
    ['a master that does not lead', status(307, { location: '//x:5050' }), 'MESOS_BAD_PAYLOAD'],
    ['a master that recovers', status(503), 'MESOS_UNREACHABLE'],
    ['no RecordIO', ((_q, response) => response.end('<html>')) as RequestListener, 'MESOS_BAD_PAYLOAD'],
    ['no answer', (() => {}) as RequestListener, 'MESOS_TIMEOUT'],
    [
      'a broken connection',
      ((_q, response) =>
        void response.write(record(subscribed), () => response.destroy())) as RequestListener,
      'MESOS_BAD_PAYLOAD',
    ],
  ])('%s', async (_name, listener, expected) => {
    const { outcome } = await follow(listener, {
      timeoutMs: 300,
      silenceMs: { least: 2_000, withoutHeartbeat: 2_000 },
    });
    expect(outcome).toEqual(expected);
  });
});
