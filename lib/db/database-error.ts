import { AppError } from '@/lib/errors';

/** What the system says when nobody listens, the name is unknown or the line breaks; see errno(3). */
const SYSTEM_CODES = new Set([
  'EACCES',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** SQLSTATE: refused user, unknown database, too many sessions, shutting down or starting up. */
const SERVER_CODES = new Set(['28000', '28P01', '3D000', '53300', '57P01', '57P02', '57P03', '57P05']);

/** Prisma's own codes of the same: https://www.prisma.io/docs/orm/reference/error-reference */
const PRISMA_CODES = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1011',
  'P1017',
  'P2024',
  'P2037',
]);

/** Failures that pg reports without any code. */
const PG_WORDS =
  /connection terminated|timeout exceeded when trying to connect|connection error and is not queryable|connection timeout|query read timeout|does not support SSL|cannot use a pool after calling end/i;

/**
 * Turns a failure of the connection into DATABASE_UNAVAILABLE; any other failure (a wrong statement, a
 * violated constraint) comes back as it was. The text names the code and nothing of the URL, and the original
 * is not kept as `cause`: drivers put host, user or the whole URL into their errors.
 */
export function databaseError(thrown: unknown): unknown {
  if (thrown instanceof AppError || !(thrown instanceof Error)) return thrown;
  const code = connectionCode(thrown) ?? wrappedCode(thrown);
  if (code === null) return thrown;
  return new AppError('DATABASE_UNAVAILABLE', `Postgres cannot be used now (${code})`, { details: { code } });
}

/** Null: the connection is not what failed. */
function connectionCode(error: Error): string | null {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code !== null) {
    const isConnection =
      SYSTEM_CODES.has(code) || SERVER_CODES.has(code) || PRISMA_CODES.has(code) || code.startsWith('08');
    return isConnection ? code : null;
  }
  // Node tries IPv6 and IPv4 and wraps both failures.
  if (error instanceof AggregateError) {
    const [first] = error.errors;
    return first instanceof Error ? connectionCode(first) : null;
  }
  return PG_WORDS.test(error.message) ? 'connection lost' : null;
}

/** Prisma hides an error of the pool in one of its own, which keeps the code and ends with the text. */
function wrappedCode(error: Error): string | null {
  if (!('code' in error) || error.code !== 'DATABASE_UNAVAILABLE') return null;
  return /Postgres cannot be used now \(([\w ]+)\)/.exec(error.message)?.[1] ?? 'connection lost';
}
