import { expect, test } from '@playwright/test';

import { allTaskEnds, taskEnds } from './task-ends';

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test('a task end has the fields that others rely on, its times in UTC', async ({ request }) => {
  const [end] = await taskEnds(request, 'state=TASK_FAILED&limit=1');
  expect(end).toMatchObject({
    cluster: expect.any(String),
    frameworkId: expect.any(String),
    taskId: expect.any(String),
    agentId: expect.any(String),
    hostname: expect.any(String),
    state: 'TASK_FAILED',
    finishedAt: expect.stringMatching(UTC),
    cause: expect.any(String),
    disposition: expect.stringMatching(/^(normal|failure|unexplained)$/),
    proof: expect.stringMatching(/^(proven|likely|possible)$/),
    summary: expect.any(String),
  });
  for (const field of ['appId', 'startedAt', 'exitCode', 'signal', 'message', 'reason']) {
    expect(end).toHaveProperty(field);
  }
});

test('following the cursor visits every task end once, newest first', async ({ request }) => {
  const ends = await allTaskEnds(request, 97);
  expect(ends.length).toBeGreaterThan(200);
  expect(new Set(ends.map(({ id }) => id)).size).toBe(ends.length);
  const times = ends.map(({ finishedAt }) => finishedAt);
  expect(times).toEqual([...times].sort().reverse());
});

test('every filter narrows to what it names', async ({ request }) => {
  for (const [query, fits] of [
    ['state=TASK_KILLED', ({ state }) => state === 'TASK_KILLED'],
    ['state=TASK_FAILED,TASK_LOST', ({ state }) => state === 'TASK_FAILED' || state === 'TASK_LOST'],
    ['exitCode=137', ({ exitCode }) => exitCode === 137],
    ['disposition=failure&state=TASK_KILLED', ({ disposition }) => disposition === 'failure'],
    ['cause=app_exit_nonzero', ({ cause }) => cause === 'app_exit_nonzero'],
  ] satisfies [string, (end: Awaited<ReturnType<typeof taskEnds>>[number]) => boolean][]) {
    const ends = await taskEnds(request, `${query}&limit=50`);
    expect(ends.length, query).toBeGreaterThan(0);
    expect(
      ends.filter((end) => !fits(end)),
      query,
    ).toEqual([]);
  }
});

test('rates by host and by app hold failed, killed and ended apart', async ({ request }) => {
  for (const [path, name] of [
    ['/api/v1/stats/hosts', 'hostname'],
    ['/api/v1/stats/apps', 'appId'],
  ] as const) {
    const response = await request.get(`${path}?range=7d`);
    expect(response.status()).toBe(200);
    const { items }: { items: Record<string, number | string | null>[] } = await response.json();
    expect(items.length).toBeGreaterThan(3);
    for (const item of items) {
      expect(item).toMatchObject({
        [name]: expect.any(String),
        ended: expect.any(Number),
        failed: expect.any(Number),
        killed: expect.any(Number),
      });
      expect(Number(item.failed) + Number(item.killed)).toBeLessThanOrEqual(Number(item.ended));
      if (item.failureShare !== null) {
        expect(Number(item.failureShare)).toBeCloseTo(Number(item.failed) / Number(item.ended), 5);
      }
      expect(item).toHaveProperty('failuresPer1000TaskHours');
    }
  }
});

test('status tells each source’s last success, lag and last error', async ({ request }) => {
  await expect
    .poll(async () => {
      const { sources }: { sources: { health: string }[] } = await (
        await request.get('/api/v1/status')
      ).json();
      return sources.map(({ health }) => health);
    })
    .toEqual(['ok', 'ok']);
  const body = await (await request.get('/api/v1/status')).json();
  expect(body.sources[0]).toMatchObject({
    source: expect.stringMatching(/^(mesos|marathon:)/),
    lastSuccessAt: expect.stringMatching(UTC),
    lagSeconds: expect.any(Number),
  });
  expect(body.sources[0]).toHaveProperty('lastError');
});

test('a parameter that cannot be is refused by name', async ({ request }) => {
  for (const [path, name] of [
    ['/api/v1/tasks?exitCode=1000', 'exitCode'],
    ['/api/v1/tasks?state=TASK_EXPLODED', 'state'],
    ['/api/v1/tasks?cursor=garbage', 'cursor'],
    ['/api/v1/tasks?limit=0', 'limit'],
    ['/api/v1/stats/hosts?from=yesterday', 'from'],
  ] as const) {
    const response = await request.get(path);
    expect(response.status(), path).toBe(400);
    const { error } = await response.json();
    expect(error.code).toBe('BAD_REQUEST');
    expect(error.message, path).toContain(name);
    expect(error.cure).not.toBe('');
  }
});

test('empty parameters count as absent', async ({ request }) => {
  const ends = await taskEnds(request, 'state=&host=&app=&exitCode=&q=&cursor=&from=&to=&cause=&limit=5');
  expect(ends).toHaveLength(5);
});

test('health, readiness and metrics answer', async ({ request }) => {
  expect((await request.get('/healthz')).status()).toBe(200);
  expect((await request.get('/readyz')).status()).toBe(200);
  expect(await (await request.get('/metrics')).text()).toMatch(/^# (HELP|TYPE) /m);
});
