import { randomUUID } from 'node:crypto';
import type { z } from 'zod';

import type { ErrorBody } from '@/lib/contracts/error';
import { AppError, toAppError } from '@/lib/errors';
import { log } from '@/lib/log';

import { queryProblem, type RawQuery } from './query-problem';

export type RouteContext<Params> = { params: Promise<Params> };
export type RouteHandler<Params> = (request: Request, context: RouteContext<Params>) => Promise<Response>;

/**
 * A GET handler: parses the query by its contract, answers what `handle` returns as JSON that nothing may cache,
 * and every throw as the one error body of lib/contracts/error.ts, with the request's id (also in `x-request-id`).
 *
 * Blank values count as absent, repeated keys become a list. A null body is NOT_FOUND. What is no AppError is
 * answered as INTERNAL; its stack goes to the log only.
 */
export function getRoute<Query, Body, Params = Record<string, never>>(
  contract: z.ZodType<Query>,
  handle: (query: Query, now: Date, params: Params) => Promise<Body | null>,
): RouteHandler<Params> {
  return async (request, context) => {
    const requestId = requestIdOf(request);
    const url = new URL(request.url);
    try {
      const query = parseQuery(contract, url.searchParams);
      const body = await handle(query, new Date(), await context.params);
      if (body === null) throw new AppError('NOT_FOUND', `Nothing is known under ${shownPath(url)}.`);
      return jsonResponse(body, 200, requestId);
    } catch (thrown) {
      return errorResponse(thrown, requestId, url.pathname);
    }
  };
}

/** Throws BAD_REQUEST naming every parameter that does not fit the contract. */
export function parseQuery<Query>(contract: z.ZodType<Query>, search: URLSearchParams): Query {
  const raw = rawQuery(search);
  const parsed = contract.safeParse(raw);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  throw new AppError('BAD_REQUEST', queryProblem(issues, raw), {
    details: { parameters: [...new Set(issues.map((issue) => String(issue.path[0] ?? 'query')))] },
  });
}

function rawQuery(search: URLSearchParams): RawQuery {
  const raw: RawQuery = {};
  for (const key of new Set(search.keys())) {
    // Postgres refuses NUL in text; what the collector stores has this sign in its place.
    const values = search
      .getAll(key)
      .map((value) => value.replaceAll('\0', '\u2400'))
      .filter((value) => value.trim() !== '');
    const [first, ...more] = values;
    if (first !== undefined) raw[key] = more.length === 0 ? first : values;
  }
  return raw;
}

/** Any body as JSON that no cache keeps: a cached health answer is a wrong one. */
export function jsonResponse(body: unknown, status: number, requestId: string): Response {
  return Response.json(body, {
    status,
    headers: { 'cache-control': 'no-store', 'x-request-id': requestId },
  });
}

/** The answer to a throw; logs it once: bugs with their stack, the rest by code. */
export function errorResponse(thrown: unknown, requestId: string, path: string, status?: number): Response {
  const error = toAppError(thrown);
  const { code, message, cure, details } = error;
  if (code === 'INTERNAL') log.error({ err: thrown, requestId, path }, 'request failed');
  else if (error.httpStatus >= 500) log.warn({ code, reason: message, requestId, path }, 'request failed');
  else log.debug({ code, reason: message, requestId, path }, 'request refused');
  const body: ErrorBody = { error: { code, message, cure, details, requestId } };
  return jsonResponse(body, status ?? error.httpStatus, requestId);
}

/** The caller's own id where it is a plain word, so that a proxy's log and ours meet; else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

function shownPath({ pathname }: URL): string {
  return pathname.length > 200 ? `${pathname.slice(0, 200)}…` : pathname;
}
