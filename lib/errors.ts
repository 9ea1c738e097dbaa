/** Every error code this program can show. Add a code here first; nothing else maps code to status. */
export const ERROR_CATALOG = {
  BAD_REQUEST: { httpStatus: 400, retryable: false, cure: 'Correct the named parameter.' },
  NOT_FOUND: { httpStatus: 404, retryable: false, cure: 'Check the id or the name in the address.' },
  CONFIG_INVALID: {
    httpStatus: 500,
    retryable: false,
    cure: 'Correct the named setting; .env.example explains each.',
  },
  DATABASE_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    cure: 'Check that Postgres runs and DATABASE_URL is right.',
  },
  DATABASE_DISK_FULL: {
    httpStatus: 503,
    retryable: true,
    cure: 'Free space on the disk of Postgres; what could not be stored is read again from the master.',
  },
  DATABASE_BUSY: {
    httpStatus: 503,
    retryable: true,
    cure: 'It is tried again by itself; where it lasts, look at the load of Postgres (pg_stat_activity).',
  },
  MIGRATION_FAILED: {
    httpStatus: 500,
    retryable: false,
    cure: 'Read the named migration; the database was left as before it.',
  },
  MESOS_UNREACHABLE: {
    httpStatus: 502,
    retryable: true,
    cure: 'Check MESOS_MASTER_URLS and the network path to the masters.',
  },
  MESOS_NO_LEADER: {
    httpStatus: 502,
    retryable: true,
    cure: 'No configured master says it leads; list every master in MESOS_MASTER_URLS.',
  },
  MESOS_REDIRECT_REFUSED: {
    httpStatus: 502,
    retryable: true,
    cure: 'A master redirected to a host that is not configured; add it to MESOS_MASTER_URLS.',
  },
  MESOS_AUTH_REFUSED: {
    httpStatus: 502,
    retryable: false,
    cure: 'Check MESOS_USERNAME and MESOS_PASSWORD, or MESOS_TOKEN.',
  },
  MESOS_FORBIDDEN: {
    httpStatus: 502,
    retryable: false,
    cure: 'The master knows who asks and lets them not read this: allow get_endpoint and the view_* actions in its ACLs.',
  },
  MESOS_BAD_PAYLOAD: {
    httpStatus: 502,
    retryable: true,
    cure: 'The master sent something that is not its documented JSON; see /status for what was kept.',
  },
  MESOS_TIMEOUT: {
    httpStatus: 502,
    retryable: true,
    cure: 'The master did not answer in POLL_TIMEOUT_MS; raise it or look at the master.',
  },
  ZOOKEEPER_UNREACHABLE: {
    httpStatus: 502,
    retryable: true,
    cure: 'Check the zk:// address in MESOS_MASTER_URLS and the network path to ZooKeeper (port 2181).',
  },
  ZOOKEEPER_REFUSED: {
    httpStatus: 502,
    retryable: false,
    cure: 'Check user and password in the zk:// address; they must be allowed to read its path.',
  },
  ZOOKEEPER_NO_LEADER: {
    httpStatus: 502,
    retryable: true,
    cure: 'No master stands under the path of the zk:// address: take the address that the masters have as --zk.',
  },
  ZOOKEEPER_OLD_FORMAT: {
    httpStatus: 502,
    retryable: false,
    cure: 'Masters before 0.24 register in a form that is not read: list their http:// addresses in MESOS_MASTER_URLS.',
  },
  MARATHON_UNREACHABLE: {
    httpStatus: 502,
    retryable: true,
    cure: 'Check MARATHON_URLS and the network path.',
  },
  MARATHON_AUTH_REFUSED: {
    httpStatus: 502,
    retryable: false,
    cure: 'Check MARATHON_USERNAME and MARATHON_PASSWORD, or MARATHON_TOKEN.',
  },
  MARATHON_FORBIDDEN: {
    httpStatus: 502,
    retryable: false,
    cure: 'Marathon knows who asks and lets them not read this: allow viewing of apps.',
  },
  MARATHON_BAD_PAYLOAD: {
    httpStatus: 502,
    retryable: true,
    cure: 'Marathon sent something that is not its documented JSON.',
  },
  MARATHON_TIMEOUT: { httpStatus: 502, retryable: true, cure: 'Marathon did not answer in POLL_TIMEOUT_MS.' },
  BODY_TOO_LARGE: {
    httpStatus: 502,
    retryable: true,
    cure: 'A reply was larger than its limit and was not read.',
  },
  LEASE_LOST: {
    httpStatus: 503,
    retryable: true,
    cure: 'Another instance collects now; this one steps back by itself.',
  },
  LOGS_NOT_CONFIGURED: {
    httpStatus: 403,
    retryable: false,
    cure: 'Set LOGS_TOKEN, and send it as `Authorization: Bearer …`.',
  },
  LOGS_TOKEN_REFUSED: {
    httpStatus: 401,
    retryable: false,
    cure: 'Send the LOGS_TOKEN of this server as `Authorization: Bearer …`.',
  },
  LOGS_BUSY: {
    httpStatus: 429,
    retryable: true,
    cure: 'Send the same lines again after Retry-After seconds.',
  },
  PAYLOAD_TOO_LARGE: {
    httpStatus: 413,
    retryable: false,
    cure: 'Send it in smaller parts; the message names the limit.',
  },
  UNSUPPORTED_MEDIA: {
    httpStatus: 415,
    retryable: false,
    cure: 'Send text/plain or application/x-ndjson, plain or gzip.',
  },
  AGENT_UNREACHABLE: {
    httpStatus: 502,
    retryable: true,
    cure: 'Check the network path from exit137 to the agent (port 5051).',
  },
  AGENT_AUTH_REFUSED: {
    httpStatus: 502,
    retryable: false,
    cure: 'Check AGENT_USERNAME and AGENT_PASSWORD, or AGENT_TOKEN.',
  },
  AGENT_TIMEOUT: { httpStatus: 502, retryable: true, cure: 'The agent did not answer in AGENT_TIMEOUT_MS.' },
  AGENT_BAD_PAYLOAD: {
    httpStatus: 502,
    retryable: true,
    cure: 'The agent sent something that is not its documented JSON.',
  },
  SANDBOX_GONE: {
    httpStatus: 404,
    retryable: false,
    cure: 'The agent no longer has this sandbox: it was cleaned up before it could be read.',
  },
  INTERNAL: { httpStatus: 500, retryable: false, cure: 'This is a bug; the server log has the stack.' },
} as const satisfies Record<string, { httpStatus: number; retryable: boolean; cure: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOG;

/** An expected failure. Anything else that is thrown is a bug and is reported as INTERNAL. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly details: Record<string, unknown>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, { cause: options.cause });
    this.details = options.details ?? {};
  }

  get httpStatus(): number {
    return ERROR_CATALOG[this.code].httpStatus;
  }

  get retryable(): boolean {
    return ERROR_CATALOG[this.code].retryable;
  }

  get cure(): string {
    return ERROR_CATALOG[this.code].cure;
  }
}

/** Wraps what is not an AppError as INTERNAL; the original stays as `cause` for the log. */
export function toAppError(thrown: unknown): AppError {
  if (isAppError(thrown)) return thrown;
  return new AppError('INTERNAL', 'Unexpected error', { cause: thrown });
}

// By name, not by class: the server's bundles hold a copy of the class each, and share the pool that throws.
function isAppError(thrown: unknown): thrown is AppError {
  return (
    thrown instanceof Error && thrown.name === 'AppError' && 'code' in thrown && isErrorCode(thrown.code)
  );
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CATALOG, code);
}
