import { afterEach, describe, expect, it } from 'vitest';

import { createUpstream } from '@/lib/upstream/create-upstream';
import { startTestServer } from '@/lib/upstream/test-server';

import { findEnded } from './find-ended';
import type { EndQuestion } from './track-ends';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const END_MS = 1_700_000_010_250;
const question: EndQuestion = {
  frameworkId: 'F1',
  taskId: 'web/1 &x',
  agentId: 'S1',
  status: {
    state: 'TASK_FAILED',
    at: new Date(END_MS),
    message: 'Container exited with status 137',
    reason: 'REASON_COMMAND_EXECUTOR_FAILED',
    source: 'SOURCE_EXECUTOR',
    healthy: null,
    containerId: null,
  },
};
const raw = (over: Record<string, unknown> = {}, endMs = END_MS) => ({
  id: 'web/1 &x',
  name: 'web',
  framework_id: 'F1',
  executor_id: '',
  slave_id: 'S1',
  state: 'TASK_FAILED',
  resources: { cpus: 1, mem: 64 },
  statuses: [
    {
      state: 'TASK_RUNNING',
      timestamp: 1_700_000_001.5,
      container_status: { container_id: { value: 'c1' } },
    },
    { state: 'TASK_FAILED', timestamp: endMs / 1_000, healthy: false },
  ],
  ...over,
});

async function ask(answer: unknown, status = 200) {
  const server = await startTestServer((_request, response) =>
    response.writeHead(status).end(JSON.stringify(answer)),
  );
  const upstream = createUpstream('mesos', {
    urls: [server.url],
    credentials: null,
    timeoutMs: 2_000,
    ca: null,
  });
  closers.push(server.close, upstream.close);
  const [target] = upstream.targets;
  if (target === undefined) throw new Error('no target');
  const found = findEnded(upstream, target, question, new AbortController().signal);
  await found.catch(() => {});
  expect(server.seen[0]?.url).toBe('/tasks?task_id=web%2F1+%26x&framework_id=F1');
  return await found;
}

describe('findEnded', () => {
  it('is the task as /state tells it, with what the event told', async () => {
    const found = await ask({ tasks: [raw()] });
    expect(found).toMatchObject({
      taskId: 'web/1 &x',
      state: 'TASK_FAILED',
      statuses: [
        { state: 'TASK_RUNNING', at: new Date(1_700_000_001_500), containerId: 'c1', message: null },
        { ...question.status, healthy: false },
      ],
    });
  });

  it('of tasks that share the id it is the one that ended then', async () => {
    const older = raw({ name: 'older' }, END_MS - 60_000);
    const elsewhere = raw({ name: 'elsewhere', slave_id: 'S2' });
    const foreign = raw({ name: 'foreign', framework_id: 'F2' });
    const found = await ask({ tasks: [older, elsewhere, foreign, null, raw()] });
    expect(found?.name).toBe('web');
  });

  it.each([
    ['none', { tasks: [] }],
    ['no list', {}],
    ['one that lives', { tasks: [raw({ state: 'TASK_RUNNING' })] }],
    ['another end', { tasks: [raw({}, END_MS - 60_000)] }],
  ])('null where the master tells %s', async (_name, answer) => {
    expect(await ask(answer)).toBeNull();
  });

  it.each([
    [404, 'MESOS_BAD_PAYLOAD'],
    [403, 'MESOS_FORBIDDEN'],
    [500, 'MESOS_UNREACHABLE'],
  ])('%d is %s', async (status, code) => {
    await expect(ask({}, status)).rejects.toMatchObject({ code });
  });
});
