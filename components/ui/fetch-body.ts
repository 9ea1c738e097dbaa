import type { z } from 'zod';

import { ErrorBody } from '@/lib/contracts/error';

/** Why a refresh failed, in words a person can act on. */
export type LiveProblem = { code: string; message: string; cure: string };

// Longer than any query the API lets through; a hung server must not hold the refresh for ever.
const FETCH_TIMEOUT_MS = 20_000;

/**
 * GETs one API URL and holds the body to its contract. Throws an Error whose `cause` is a LiveProblem:
 * the server's own error body, an unreachable server, or a body that is not the contract's.
 */
export async function fetchBody<T>(url: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  const response = await request(url, signal);
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const parsed = ErrorBody.safeParse(body);
    throw problem(
      parsed.success
        ? parsed.data.error
        : {
            code: `HTTP_${response.status}`,
            message: `The server answered ${response.status}`,
            cure: 'See the server log.',
          },
    );
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw problem({
      code: 'UNEXPECTED_BODY',
      message: 'The server sent something this page does not understand',
      cure: 'Reload the page: the server may have been updated.',
    });
  }
  return parsed.data;
}

/** The problem an error of `fetchBody` carries; anything else is told as it is. */
export function toLiveProblem(error: Error): LiveProblem {
  const cause = error.cause as Partial<LiveProblem> | undefined;
  return {
    code: typeof cause?.code === 'string' ? cause.code : 'INTERNAL',
    message: error.message,
    cure: typeof cause?.cure === 'string' ? cause.cure : '',
  };
}

async function request(url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
    });
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    throw problem({
      code: 'SERVER_UNREACHABLE',
      message: 'The exit137 server did not answer',
      cure: 'Check that it runs and that you can reach it.',
    });
  }
}

function problem({ code, message, cure }: LiveProblem): Error {
  return new Error(message, { cause: { code, message, cure } satisfies LiveProblem });
}
