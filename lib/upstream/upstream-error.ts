import { AppError, type ErrorCode } from '@/lib/errors';

export type Service = 'mesos' | 'marathon' | 'agent';
export type FailureKind = 'unreachable' | 'timeout' | 'authRefused' | 'forbidden' | 'badPayload' | 'tooLarge';

const CODES: Record<Service, Record<FailureKind, ErrorCode>> = {
  mesos: {
    unreachable: 'MESOS_UNREACHABLE',
    timeout: 'MESOS_TIMEOUT',
    authRefused: 'MESOS_AUTH_REFUSED',
    forbidden: 'MESOS_FORBIDDEN',
    badPayload: 'MESOS_BAD_PAYLOAD',
    tooLarge: 'BODY_TOO_LARGE',
  },
  marathon: {
    unreachable: 'MARATHON_UNREACHABLE',
    timeout: 'MARATHON_TIMEOUT',
    authRefused: 'MARATHON_AUTH_REFUSED',
    forbidden: 'MARATHON_FORBIDDEN',
    badPayload: 'MARATHON_BAD_PAYLOAD',
    tooLarge: 'BODY_TOO_LARGE',
  },
  agent: {
    unreachable: 'AGENT_UNREACHABLE',
    timeout: 'AGENT_TIMEOUT',
    authRefused: 'AGENT_AUTH_REFUSED',
    forbidden: 'AGENT_AUTH_REFUSED',
    badPayload: 'AGENT_BAD_PAYLOAD',
    tooLarge: 'BODY_TOO_LARGE',
  },
};

/** An expected failure of a cluster service. `message` must name the URL without credentials. */
export function upstreamError(
  service: Service,
  kind: FailureKind,
  message: string,
  cause?: unknown,
): AppError {
  return new AppError(CODES[service][kind], message, cause === undefined ? {} : { cause });
}

/**
 * The error for an answer that is not 200: 401 is a refused login, 403 one that is known and may not, 5xx (also a proxy's) means the
 * service cannot be had, anything else is not the documented protocol.
 */
export function statusError(service: Service, reply: { url: string; status: number }): AppError {
  const kind =
    reply.status === 401
      ? 'authRefused'
      : reply.status === 403
        ? 'forbidden'
        : reply.status >= 500
          ? 'unreachable'
          : 'badPayload';
  return upstreamError(service, kind, `${reply.url} answered ${reply.status}`);
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, … or the first line of the message: enough to name a network failure. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown failure';
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  if (code !== '' && !code.startsWith('UND_ERR')) return code;
  const line = thrown.message.split('\n', 1)[0] ?? '';
  return line.slice(0, 200) || code || thrown.name;
}
