import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';

import { ErrorBody } from '@/lib/contracts/error';
import { SandboxText } from '@/lib/contracts/evidence';
import { ReviewBody } from '@/lib/contracts/review';
import {
  AppDetailBody,
  AppRatesBody,
  HostDetailBody,
  HostRatesBody,
  OverviewBody,
  TimelineBody,
} from '@/lib/contracts/stats';
import { StatusBody, StripBody } from '@/lib/contracts/status';
import { TaskDetailBody, TasksBody } from '@/lib/contracts/task';
import { refillRollups } from '@/lib/db/rollups-for-tests';
import { seedForTests } from '@/lib/db/seed-for-tests';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

type Handler = (request: Request, context: { params: Promise<never> }) => Response | Promise<Response>;

let db: TestDatabase;
const routes = new Map<string, Handler>();

beforeAll(async () => {
  db = await createTestDatabase();
  await seedForTests(db.pool, { now: new Date() });
  // The settings are read once, when the first module that logs is loaded.
  process.env.DATABASE_URL = db.url;
  process.env.LOG_LEVEL = 'silent';
  for (const path of [
    '/api/v1/tasks',
    '/api/v1/tasks/[cluster]/[...taskId]',
    '/api/v1/sandbox/[cluster]/[endId]/[file]',
    '/api/v1/stats/hosts',
    '/api/v1/stats/apps',
    '/api/v1/stats/timeline',
    '/api/v1/overview',
    '/api/v1/hosts/[hostname]',
    '/api/v1/apps/[...appId]',
    '/api/v1/review/[day]',
    '/api/v1/status',
    '/api/v1/strip',
    '/api/[...path]',
    '/healthz',
    '/readyz',
    '/metrics',
  ]) {
    const route: { GET: Handler } = await import(/* @vite-ignore */ `../..${path}/route.ts`);
    routes.set(path, route.GET);
  }
});
afterAll(async () => {
  const { closePool } = await import('@/lib/db/pool');
  await closePool();
  await db.drop();
});

async function get(
  path: string,
  query = '',
  params: Record<string, string | string[]> = {},
): Promise<Response> {
  const handler = routes.get(path);
  if (!handler) throw new Error(`No route ${path}`);
  // Next types each handler by its own parameters; here one call serves all.
  return handler(new Request(`http://localhost${path}${query}`), {
    params: Promise.resolve(params) as Promise<never>,
  });
}

async function body<T>(schema: z.ZodType<T>, response: Response): Promise<T> {
  const json: unknown = await response.json();
  expect(json).toMatchObject(response.status === 200 ? {} : { error: { code: expect.any(String) } });
  return schema.parse(json);
}

describe('every route answers its contract', () => {
  it.each<{ path: string; query?: string; params?: Record<string, string | string[]>; schema: z.ZodType }>([
    { path: '/api/v1/tasks', schema: TasksBody },
    {
      path: '/api/v1/tasks',
      query: '?state=&cause=&host=&app=&exitCode=&q=&limit=&cursor=&from=&to=',
      schema: TasksBody,
    },
    { path: '/api/v1/stats/hosts', query: '?range=7d', schema: HostRatesBody },
    { path: '/api/v1/stats/apps', query: '?range=7d&limit=3', schema: AppRatesBody },
    { path: '/api/v1/stats/timeline', query: '?range=30d&app=/shop/cart', schema: TimelineBody },
    { path: '/api/v1/overview', schema: OverviewBody },
    {
      path: '/api/v1/hosts/[hostname]',
      params: { hostname: 'agent-07.fra.example.net' },
      schema: HostDetailBody,
    },
    { path: '/api/v1/apps/[...appId]', params: { appId: ['shop', 'cart'] }, schema: AppDetailBody },
    { path: '/api/v1/review/[day]', params: { day: '2026-11-24' }, schema: ReviewBody },
    { path: '/api/v1/status', schema: StatusBody },
    { path: '/api/v1/strip', schema: StripBody },
  ])('$path$query', async ({ path, query, params, schema }) => {
    const response = await get(path, query, params);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(schema.safeParse(await response.json()).error).toBeUndefined();
  });

  it('one task, found by what the list gives', async () => {
    const { items } = await body(TasksBody, await get('/api/v1/tasks', '?state=FAILED&limit=1'));
    const [item] = items;
    const params = { cluster: item?.cluster ?? '', taskId: [item?.taskId ?? ''] };
    const response = await get('/api/v1/tasks/[cluster]/[...taskId]', `?id=${item?.id}`, params);
    expect((await body(TaskDetailBody, response)).task).toMatchObject({
      taskId: item?.taskId,
      state: 'TASK_FAILED',
    });
  });
});

describe('evidence of a task', () => {
  it('its page tells of the kill, its memory and its sandbox, whose text comes by its own address', async () => {
    const query = '?cause=oom_cgroup_limit&app=/shop/cart&limit=1';
    const { items } = await body(TasksBody, await get('/api/v1/tasks', query));
    const [{ cluster = '', taskId = '', id = '' } = {}] = items;
    const params = { cluster, taskId: [taskId] };
    const task = await body(TaskDetailBody, await get('/api/v1/tasks/[cluster]/[...taskId]', '', params));
    expect(task.evidence).toMatchObject([{ proof: 'proven', signal: { signature: 'memcg_oom' } }]);
    expect(task.memory?.points).toHaveLength(240);
    expect(task.sandbox.map(({ file }) => file)).toEqual(['stdout', 'stderr']);
    const path = '/api/v1/sandbox/[cluster]/[endId]/[file]';
    const { text } = await body(SandboxText, await get(path, '', { cluster, endId: id, file: 'stderr' }));
    expect(text).toContain('<script>');
    for (const other of [{ endId: 'x' }, { file: 'passwd' }, { cluster: 'west\0' }]) {
      const answer = await get(path, '', { cluster, endId: id, file: 'stderr', ...other });
      expect(answer.status).toBe(404);
    }
  });

  it('a sandbox that could not be read says why', async () => {
    const { rows } = await db.pool.query(
      `SELECT end_id FROM sandbox_tail WHERE error_code = 'AGENT_UNREACHABLE' LIMIT 1`,
    );
    const params = { cluster: 'default', endId: rows[0].end_id, file: 'stdout' };
    const response = await get('/api/v1/sandbox/[cluster]/[endId]/[file]', '', params);
    expect(response.status).toBe(404);
    expect((await body(ErrorBody, response)).error).toMatchObject({
      code: 'SANDBOX_GONE',
      message: expect.stringContaining('AGENT_UNREACHABLE'),
    });
  });
});

describe('/api/v1/tasks', () => {
  const list = async (query: string) => body(TasksBody, await get('/api/v1/tasks', query));

  it('means all time without a window, the named range with one, and open ends', async () => {
    const day = new Date(Date.now() - 86_400_000).toISOString();
    const { items: all } = await list('?limit=500&cause=agent_lost_or_removed');
    expect(all).toHaveLength(14);
    expect((await list('?range=24h&cause=agent_lost_or_removed')).items).toHaveLength(0);
    expect((await list(`?from=${day}&cause=agent_lost_or_removed`)).items).toHaveLength(0);
    expect((await list(`?to=${day}&cause=agent_lost_or_removed`)).items).toHaveLength(14);
  });

  it('leads from page to page by its cursor', async () => {
    const first = await list('?limit=2');
    const second = await list(`?limit=2&cursor=${first.nextCursor}`);
    const both = await list('?limit=4');
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(both.items.map(({ id }) => id));
  });

  it('never shows more than a page, whatever a client asks for', async () => {
    expect((await get('/api/v1/tasks', '?limit=100000')).status).toBe(400);
  });
});

describe('what cannot be answered', () => {
  const error = async (response: Response) => (await body(ErrorBody, response)).error;

  it.each<{
    path: string;
    query?: string;
    params?: Record<string, string | string[]>;
    status: number;
    code: string;
  }>([
    { path: '/api/v1/tasks', query: '?state=EXPLODED', status: 400, code: 'BAD_REQUEST' },
    { path: '/api/v1/tasks', query: '?cursor=abc', status: 400, code: 'BAD_REQUEST' },
    { path: '/api/v1/overview', query: '?from=2026-11-25&to=2026-11-24', status: 400, code: 'BAD_REQUEST' },
    { path: '/api/v1/overview', query: '?from=2026-11-25&to=2026-11-25', status: 400, code: 'BAD_REQUEST' },
    { path: '/api/v1/review/[day]', params: { day: 'today' }, status: 400, code: 'BAD_REQUEST' },
    { path: '/api/v1/hosts/[hostname]', params: { hostname: 'nobody' }, status: 404, code: 'NOT_FOUND' },
    { path: '/api/v1/apps/[...appId]', params: { appId: ['nobody'] }, status: 404, code: 'NOT_FOUND' },
    {
      path: '/api/v1/tasks/[cluster]/[...taskId]',
      params: { cluster: 'default', taskId: ["'; DROP TABLE task_end; --\0"] },
      status: 404,
      code: 'NOT_FOUND',
    },
    {
      path: '/api/v1/tasks/[cluster]/[...taskId]',
      query: '?id=1',
      params: { cluster: 'default', taskId: ['x'] },
      status: 400,
      code: 'BAD_REQUEST',
    },
    { path: '/api/[...path]', params: { path: ['v1', 'nothing'] }, status: 404, code: 'NOT_FOUND' },
  ])('$path$query $params: $status $code', async ({ path, query, params, status, code }) => {
    const response = await get(path, query, params);
    expect(response.status).toBe(status);
    expect(await error(response)).toMatchObject({ code, cure: expect.stringMatching(/./) });
  });

  it('a cursor that was tampered with: a sentence, never a failure of the database', async () => {
    const id = '64a2eb18-6455-87e4-8bc4-56e965046442';
    for (const parts of [
      [-253_402_300_799_999, id],
      [253_402_300_799_999, id],
      [0, id],
      [0, 'x'],
    ]) {
      const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url');
      expect([200, 400]).toContain((await get('/api/v1/tasks', `?cursor=${cursor}`)).status);
    }
  });

  it('repeated parameters that are no list: BAD_REQUEST that names them', async () => {
    for (const query of [
      'range=1h&range=24h',
      'from=2026-11-25&from=2026-11-24',
      'limit=1&limit=2',
      'cluster=a&cluster=b',
    ]) {
      const response = await get('/api/v1/stats/hosts', `?${query}`);
      expect(response.status).toBe(400);
      const [name = ''] = query.split('=');
      expect(await error(response)).toMatchObject({ code: 'BAD_REQUEST', details: { parameters: [name] } });
    }
  });

  it('a failure of a statement: INTERNAL, with nothing of the statement or the database in it', async () => {
    await db.pool.query('ALTER TABLE agent RENAME TO hidden_agent');
    try {
      // By SQL of our own, and by Prisma's.
      for (const [path, params] of [
        ['/api/v1/stats/hosts', {}],
        ['/api/v1/hosts/[hostname]', { hostname: 'agent-07.fra.example.net' }],
        ['/api/v1/overview', {}],
      ] as const) {
        const response = await get(path, '', { ...params });
        expect(response.status).toBe(500);
        const text = await response.text();
        expect(JSON.parse(text)).toMatchObject({
          error: { code: 'INTERNAL', message: 'Unexpected error', details: {} },
        });
        expect(text).not.toMatch(/select|agent|prisma|postgres|relation/i);
      }
    } finally {
      await db.pool.query('ALTER TABLE hidden_agent RENAME TO agent');
    }
  });
});

describe('windows at the ends of the calendar', () => {
  const windows = [
    'from=0000-01-01',
    'from=1969-12-31&to=1970-01-01T00:00:00.001Z',
    'to=0001-01-01&range=90d',
    'from=9999-12-30&to=9999-12-31',
    'to=9999-12-31T23:59:59.999Z',
    'from=0001-01-01&to=9999-12-31',
    'from=2026-03-29T00:59:59.999-12:00&to=2026-03-29T13:00:00.000%2B14:00',
  ];
  const paths: { path: string; params?: Record<string, string | string[]>; schema: z.ZodType }[] = [
    { path: '/api/v1/tasks', schema: TasksBody },
    { path: '/api/v1/stats/hosts', schema: HostRatesBody },
    { path: '/api/v1/stats/apps', schema: AppRatesBody },
    { path: '/api/v1/stats/timeline', schema: TimelineBody },
    { path: '/api/v1/overview', schema: OverviewBody },
    {
      path: '/api/v1/hosts/[hostname]',
      params: { hostname: 'agent-07.fra.example.net' },
      schema: HostDetailBody,
    },
    { path: '/api/v1/apps/[...appId]', params: { appId: ['shop', 'cart'] }, schema: AppDetailBody },
  ];
  it.each(windows.flatMap((window) => paths.map((one) => ({ window, ...one }))))(
    '$path?$window',
    async ({ window, path, params, schema }) => {
      const response = await get(path, `?${window}`, params);
      // The one window here that ends before it begins.
      expect(response.status).toBe(window.includes('-12:00') ? 400 : 200);
      if (response.status === 200) expect(schema.safeParse(await response.json()).error).toBeUndefined();
    },
  );
});

describe('odd names', () => {
  const names = [
    '100%',
    '%2Fencoded',
    'a/b//c/',
    'it\'s "quoted" `so`',
    "'; DROP TABLE task_end; --",
    'back\\slash',
    '日本 ünïcödé 🐳',
    '{a,b}',
    ' spaces ',
    '__proto__',
    'a?b=c&d#e',
    'x'.repeat(500),
  ];
  const rows = async (path: string, query: string) =>
    ((await (await get(path, query)).json()) as { items: unknown[] }).items;

  beforeAll(async () => {
    for (const [n, name] of names.entries()) {
      await db.pool.query(
        `INSERT INTO task_end SELECT (jsonb_populate_record(t, $1::jsonb)).* FROM task_end t
         WHERE app_id IS NOT NULL AND disposition = 'failure' AND reopened_at IS NULL LIMIT 1`,
        [
          {
            id: `00000000-0000-8000-a000-${String(n).padStart(12, '0')}`,
            task_id: name,
            host: name,
            hostname: n % 2 === 0 ? null : name,
            app_id: `/${name}`,
            agent_id: name,
            finished_at: new Date(Date.now() - 60_000),
          },
        ],
      );
    }
    await refillRollups(db.pool);
  });

  it.each(names)('%s is found by host, app, task id and text', async (name) => {
    const q = encodeURIComponent(name);
    const task = await get('/api/v1/tasks/[cluster]/[...taskId]', '', {
      cluster: 'default',
      taskId: name.split('/'),
    });
    expect((await body(TaskDetailBody, task)).task).toMatchObject({ taskId: name, host: name });
    const host = await body(HostDetailBody, await get('/api/v1/hosts/[hostname]', '', { hostname: name }));
    expect(host).toMatchObject({
      rate: { hostname: name, failed: 1, ended: 1 },
      apps: [{ appId: `/${name}` }],
    });
    const app = await body(
      AppDetailBody,
      await get('/api/v1/apps/[...appId]', '', { appId: name.split('/') }),
    );
    expect(app).toMatchObject({ rate: { appId: `/${name}`, failed: 1 }, hosts: [{ host: name }] });
    for (const query of [`?host=${q}`, `?app=${q}`, `?app=${encodeURIComponent(`/${name}`)}`]) {
      expect(await rows('/api/v1/tasks', query)).toMatchObject([{ taskId: name }]);
    }
    if (name.length <= 200)
      expect(await rows('/api/v1/tasks', `?q=${q}&range=1h`)).toMatchObject([{ taskId: name }]);
    const timeline = await body(TimelineBody, await get('/api/v1/stats/timeline', `?app=${q}`));
    expect(timeline.buckets.flatMap(({ counts }) => Object.values(counts ?? {}))).toEqual([1]);
  });
});

describe('health', () => {
  it('/healthz says that the process lives', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' });
  });

  it('/readyz is 200 on a migrated database, 503 with the code on any other', async () => {
    expect((await get('/readyz')).status).toBe(200);
    await db.pool.query('ALTER TABLE _prisma_migrations RENAME TO hidden');
    const response = await get('/readyz');
    await db.pool.query('ALTER TABLE hidden RENAME TO _prisma_migrations');
    expect(response.status).toBe(503);
    expect((await body(ErrorBody, response)).error.code).toBe('MIGRATION_FAILED');
  });

  it('/metrics is Prometheus text with the facts of the database', async () => {
    const response = await get('/metrics');
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(text).toMatch(
      /^exit137_poll_last_success_timestamp_seconds\{cluster="default",source="mesos"\} 1\d{9}/m,
    );
    expect(text).toMatch(/^exit137_task_ends_total\{.*state="TASK_FAILED".*\} \d+$/m);
    expect(text).toMatch(/^exit137_gaps_total\{.*\} 1$/m);
  });

  it('without a database: /healthz 200, /readyz and the API 503, /metrics says it is down', async () => {
    const { closePool, createPool } = await import('@/lib/db/pool');
    const store = globalThis as typeof globalThis & { exit137Pool?: unknown };
    await closePool();
    // Nobody listens on this socket.
    store.exit137Pool = createPool('postgres://nobody@localhost/none?host=/nonexistent');
    try {
      expect((await get('/healthz')).status).toBe(200);
      const api = await get('/api/v1/overview');
      expect(api.status).toBe(503);
      expect((await body(ErrorBody, api)).error.code).toBe('DATABASE_UNAVAILABLE');
      expect((await get('/readyz')).status).toBe(503);
      expect(await (await get('/metrics')).text()).toContain('exit137_database_up 0');
    } finally {
      await closePool();
    }
  });
});
