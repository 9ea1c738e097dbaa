import { describe, expect, it } from 'vitest';

import { ErrorBody } from '@/lib/contracts/error';
import { RatesQuery, TimelineQuery } from '@/lib/contracts/stats';
import { TasksQuery } from '@/lib/contracts/task';
import { AppError } from '@/lib/errors';

import { getRoute, parseQuery } from './get-route';
import { withWindow } from './query-window';

const context = { params: Promise.resolve({}) };
const ask = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://localhost${path}`, { headers });

describe('parseQuery', () => {
  const tasks = (search: string) => parseQuery(TasksQuery, new URLSearchParams(search));

  it('takes blank values as absent', () => {
    expect(tasks('state=&host=&app=%20&q=&exitCode=&cursor=')).toEqual({ limit: 50 });
  });

  it('looks for NUL as it is stored, and never drops a filter that holds nothing else', () => {
    expect(tasks('host=%00').host).toBe('\u2400');
  });

  it('takes repeated keys and commas as one list', () => {
    expect(tasks('state=TASK_FAILED&state=TASK_LOST,TASK_ERROR').state).toEqual([
      'TASK_FAILED',
      'TASK_LOST',
      'TASK_ERROR',
    ]);
  });

  it('takes a state without its prefix', () => {
    expect(tasks('state=FAILED,killed').state).toEqual(['TASK_FAILED', 'TASK_KILLED']);
  });

  it.each([
    ['from=2026-11-25T10:00:00Z', '2026-11-25T10:00:00.000Z'],
    ['from=2026-11-25T10:00:00%2B01:00', '2026-11-25T09:00:00.000Z'],
    ['from=2026-11-25T10:00:00+01:00', '2026-11-25T09:00:00.000Z'],
    ['from=2026-11-25', '2026-11-25T00:00:00.000Z'],
    ['from=0000-01-01', '1970-01-01T00:00:00.000Z'],
  ])('takes the time %s', (search, want) => {
    expect(tasks(search).from?.toISOString()).toBe(want);
  });

  it.each([
    ['from=yesterday', '`from` must be a time such as 2026-11-25T10:00:00Z or a day, not "yesterday".'],
    ['range=2y', '`range` must be one of 1h, 6h, 24h, 3d, 7d, 30d, 90d, not "2y".'],
    ['limit=0', '`limit` must be at least 1, not "0".'],
    ['limit=501', '`limit` must be at most 500, not "501".'],
    ['limit=many', '`limit` must be a number, not "many".'],
    ['exitCode=256', '`exitCode` must be at most 255, not "256".'],
    ['exitCode=1.5', '`exitCode` must be a whole number, not "1.5".'],
    ['host=a&host=b', '`host` must be a string, and was given more than once.'],
    ['disposition=bad,failure', '`disposition` must be one of normal, failure, unexplained, not "bad".'],
    [`q=${'x'.repeat(300)}`, `\`q\` must be at most 200 characters long, not "${'x'.repeat(60)}…".`],
    ['limit=0&exitCode=-1', '`exitCode` must be at least 0, not "-1"; `limit` must be at least 1, not "0".'],
  ])('%s: one clear sentence', (search, message) => {
    expect(() => tasks(search)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', message }));
  });

  it('names the allowed states and the one that is none', () => {
    expect(() => tasks('state=FAILED,EXPLODED')).toThrow(
      /^`state` must be one of TASK_FINISHED, .*TASK_GONE_BY_OPERATOR, not "EXPLODED"\.$/,
    );
  });

  it('ignores parameters that nobody knows', () => {
    expect(parseQuery(TimelineQuery, new URLSearchParams('_=123'))).toEqual({});
  });
});

describe('withWindow', () => {
  const now = new Date('2026-11-25T12:00:00Z');

  it('means the last 24 hours where nothing is given', () => {
    expect(withWindow({}, now)).toEqual({ from: new Date('2026-11-24T12:00:00Z'), to: now });
  });

  it('refuses a window that ends before it begins', () => {
    expect(() => withWindow({ from: now, to: now }, now)).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST', message: '`from` must be before `to`.' }),
    );
  });
});

describe('getRoute', () => {
  it('answers the body as JSON that nothing caches', async () => {
    const GET = getRoute(RatesQuery, async ({ limit }) => ({ limit }));
    const response = await GET(ask('/x?limit=7'), context);
    expect(await response.json()).toEqual({ limit: 7 });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  it("keeps the caller's request id where it is a plain word, else makes one", async () => {
    const GET = getRoute(RatesQuery, async () => ({}));
    const kept = await GET(ask('/x', { 'x-request-id': 'lb-42.a' }), context);
    expect(kept.headers.get('x-request-id')).toBe('lb-42.a');
    const made = await GET(ask('/x', { 'x-request-id': '"><script>' }), context);
    expect(made.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  it('answers a bad query with code, sentence, cure, parameter and request id', async () => {
    const GET = getRoute(RatesQuery, async () => ({}));
    const response = await GET(ask('/x?limit=no', { 'x-request-id': 'r1' }), context);
    expect(response.status).toBe(400);
    expect(ErrorBody.parse(await response.json())).toEqual({
      error: {
        code: 'BAD_REQUEST',
        message: '`limit` must be a number, not "no".',
        cure: 'Correct the named parameter.',
        details: { parameters: ['limit'] },
        requestId: 'r1',
      },
    });
  });

  it('answers null with NOT_FOUND', async () => {
    const GET = getRoute(RatesQuery, async () => null);
    const response = await GET(ask('/api/v1/hosts/nobody'), context);
    expect(response.status).toBe(404);
    expect(ErrorBody.parse(await response.json()).error).toMatchObject({
      code: 'NOT_FOUND',
      message: 'Nothing is known under /api/v1/hosts/nobody.',
    });
  });

  it('answers an expected failure with its own status', async () => {
    const GET = getRoute(RatesQuery, async () => {
      throw new AppError('DATABASE_UNAVAILABLE', 'Postgres cannot be used now (ECONNREFUSED)');
    });
    const response = await GET(ask('/x'), context);
    expect(response.status).toBe(503);
    expect(ErrorBody.parse(await response.json()).error.code).toBe('DATABASE_UNAVAILABLE');
  });

  it('answers a bug with INTERNAL and nothing of its text', async () => {
    const GET = getRoute(RatesQuery, async () => {
      throw new Error('password=hunter2 at query()');
    });
    const response = await GET(ask('/x'), context);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toContain('INTERNAL');
    expect(text).not.toMatch(/hunter2|query\(\)/);
  });
});
