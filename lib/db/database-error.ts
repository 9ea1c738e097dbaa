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

/**
 * SQLSTATE: refused user, unknown database, too many sessions, shutting down or starting up, a session that idled too
 * long in a transaction, a write sent to a standby. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const SERVER_CODES = new Set([
  '25006',
  '25P03',
  '28000',
  '28P01',
  '3D000',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
]);

/** SQLSTATE: the server lives, but gave this statement up for others' sake; the same may go well later. */
const BUSY: Record<string, string> = {
  '40001': 'another write or the replica’s own catching up was in its way',
  '40P01': 'two writes waited for each other',
  '53200': 'it has no memory left',
  '57014': 'it took longer than it may',
};

/** What a code means to whoever has to mend it. */
const WORDS: Record<string, string> = {
  '25006': 'it takes no writes, as a standby does that is not promoted yet',
  '25P03': 'it ended a transaction in which this process had stood still',
  '53300': 'all of its max_connections are taken',
  '57P01': 'it is shutting down, or ended this session',
  '57P03': 'it is starting up or recovering',
};

const DISK_FULL = '53100';

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
 * Turns what is the matter with Postgres, not with what was asked, into an error of the catalogue: DATABASE_UNAVAILABLE
 * (no usable connection), DATABASE_DISK_FULL, DATABASE_BUSY (a deadlock, a statement that took too long). Any other
 * failure (a wrong statement, a violated constraint, a lock that was not to be had) comes back as it was. The text names
 * the code and nothing of the URL, and the original is not kept as `cause`: drivers put host, user or the whole URL
 * into their errors.
 */
export function databaseError(thrown: unknown): unknown {
  if (thrown instanceof AppError || !(thrown instanceof Error)) return thrown;
  const code = connectionCode(thrown) ?? wrappedCode(thrown);
  if (code !== null) {
    const words = WORDS[code] === undefined ? '' : `: ${WORDS[code]}`;
    return new AppError('DATABASE_UNAVAILABLE', `Postgres cannot be used now (${code})${words}`, {
      details: { code },
    });
  }
  const own = codeOf(thrown);
  if (own === DISK_FULL) {
    return new AppError('DATABASE_DISK_FULL', `The disk of Postgres is full (${own})`, {
      details: { code: own },
    });
  }
  const busy = own === null ? undefined : BUSY[own];
  if (busy === undefined) return thrown;
  return new AppError('DATABASE_BUSY', `Postgres gave a statement up (${own}): ${busy}`, {
    details: { code: own },
  });
}

/** Whether a session that failed like this must not be used again: the server behind it is not the one that is meant. */
export function isOfWrongServer(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const details = 'details' in thrown ? (thrown.details as Record<string, unknown>) : {};
  return codeOf(thrown) === '25006' || details.code === '25006';
}

function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Null: the connection is not what failed. */
function connectionCode(error: Error): string | null {
  const code = codeOf(error);
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
