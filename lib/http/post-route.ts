import type { z } from 'zod';

import { type AppError, toAppError } from '@/lib/errors';

import {
  errorResponse,
  jsonResponse,
  parseQuery,
  type RouteContext,
  type RouteHandler,
  requestIdOf,
} from './get-route';

/** What a client should wait where the failure does not tell: a database that restarts is away for so long. */
const RETRY_AFTER_SECONDS = 5;

/**
 * A POST handler: parses the query by its contract and hands over the request with its body unread; answers as
 * getRoute does. A 401 names the scheme to use, a 429 or 503 when to come again (`retryAfterSeconds` of the error's
 * details, else 5 s).
 */
export function postRoute<Query, Body, Params = Record<string, never>>(
  contract: z.ZodType<Query>,
  handle: (request: Request, query: Query, now: Date, params: Params) => Promise<Body>,
): RouteHandler<Params> {
  return async (request: Request, context: RouteContext<Params>) => {
    const requestId = requestIdOf(request);
    const url = new URL(request.url);
    try {
      const query = parseQuery(contract, url.searchParams);
      return jsonResponse(await handle(request, query, new Date(), await context.params), 200, requestId);
    } catch (thrown) {
      const response = errorResponse(thrown, requestId, url.pathname);
      for (const [name, value] of headersOf(toAppError(thrown))) response.headers.set(name, value);
      return response;
    }
  };
}

function headersOf({ httpStatus, details }: AppError): [string, string][] {
  if (httpStatus === 401) return [['www-authenticate', 'Bearer realm="exit137"']];
  if (httpStatus !== 429 && httpStatus !== 503) return [];
  const { retryAfterSeconds } = details;
  return [
    ['retry-after', String(typeof retryAfterSeconds === 'number' ? retryAfterSeconds : RETRY_AFTER_SECONDS)],
  ];
}
