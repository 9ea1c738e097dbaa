import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

import { Agent } from 'undici';

import { AppError } from '@/lib/errors';

import { decodeBody, isKnownEncoding } from './decode-body';
import { exchange } from './exchange';
import { hostPortOf, parseSourceUrl, type Source, type Target } from './source';
import { reasonOf, type Service, statusError, upstreamError } from './upstream-error';

// A host that is down drops packets; waiting the whole deadline for each would eat the poll interval.
const CONNECT_TIMEOUT_MS = 5_000;
const JSON_LIMIT_BYTES = 64 * 1024 * 1024;

export type UpstreamRequest = {
  target: Target;
  /** Starts with `/`; put behind the target's own path. */
  path: string;
  /** Sent as JSON by POST; absent: GET. */
  post?: unknown;
  /** The body has no end: the time-out is for the headers alone. */
  isStream?: boolean;
  /** What is asked for; absent: JSON. */
  accept?: string;
  signal: AbortSignal;
};

export type Reply = {
  status: number;
  /** Without credentials. */
  url: string;
  location: string | null;
  /** The server's clock, to the second; null: not told. */
  date: Date | null;
  /** Decoded bytes, never collected. Errors: …_BAD_PAYLOAD, …_TIMEOUT, or the reason of the caller's signal. */
  body: AsyncIterable<Buffer>;
  discard(): void;
};

export type JsonReply = { value: unknown; bytes: number; url: string };

export type Upstream = {
  service: Service;
  /** The configured servers in their order. */
  targets: readonly Target[];
  /** Asks and resolves at the headers, whatever the status. Errors: …_UNREACHABLE, …_TIMEOUT, …_BAD_PAYLOAD. */
  open(request: UpstreamRequest): Promise<Reply>;
  /**
   * Reads a small JSON answer. Errors: as `open`, any status but 200 (see `statusError`), BODY_TOO_LARGE above
   * 64 MiB, …_BAD_PAYLOAD for what is not JSON.
   */
  readJson(request: UpstreamRequest): Promise<JsonReply>;
  /** Reads an opened 200 answer as JSON; errors as `readJson`. */
  toJson(reply: Reply): Promise<JsonReply>;
  /** Another address of a configured server: same scheme, same credentials. The caller vouches for it. */
  alias(target: Target, hostPort: string): Target;
  /** A server that is not configured: asked with the source's credentials. The caller vouches for it. */
  vouched(url: string): Target;
  close(): Promise<void>;
};

/**
 * HTTP to one service of the cluster. Redirects are never followed and a request goes to `target.base` only, so
 * credentials reach no host but the configured ones and the aliases a caller asked for.
 *
 * Errors: CONFIG_INVALID for a URL or a CA that cannot be used.
 */
export function createUpstream(
  service: Service,
  source: Source,
  {
    jsonLimitBytes = JSON_LIMIT_BYTES,
    mayBeEmpty = false,
  }: { jsonLimitBytes?: number; mayBeEmpty?: boolean } = {},
): Upstream {
  // Held apart from the targets, so that logging or throwing a target shows no secret.
  const authorizations = new WeakMap<Target, string>();
  const targetOf = (url: string): Target => {
    const { target, authorization } = parseSourceUrl(url, source.credentials);
    if (authorization !== null) authorizations.set(target, authorization);
    return target;
  };
  const targets = source.urls.map(targetOf);
  if (targets.length === 0 && !mayBeEmpty)
    throw new AppError('CONFIG_INVALID', `No URL is configured for ${service}`);
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS, ...trustOf(source.ca) },
    // The deadline of the exchange rules; undici's own timers are coarse.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async function open({
    target,
    path,
    post,
    isStream = false,
    accept = 'application/json',
    signal,
  }: UpstreamRequest): Promise<Reply> {
    const base = new URL(target.base);
    const url = `${target.base}${path}`;
    const authorization = authorizations.get(target);
    const reply = await exchange(
      agent,
      {
        origin: base.origin,
        path: `${base.pathname.replace(/\/+$/, '')}${path}`,
        method: post === undefined ? 'GET' : 'POST',
        headers: {
          accept,
          // Mesos compresses inside the master process, which has better things to do.
          'accept-encoding': 'identity',
          ...(post === undefined ? {} : { 'content-type': 'application/json' }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: post === undefined ? null : JSON.stringify(post),
      },
      { service, url, timeoutMs: source.timeoutMs, isStream, signal },
    );
    const encoding = headerText(reply.headers['content-encoding']).trim().toLowerCase();
    if (!isKnownEncoding(encoding)) {
      reply.discard();
      throw upstreamError(service, 'badPayload', `${url} sent an encoding that was not asked for`);
    }
    const location = headerText(reply.headers.location);
    const body = named(service, url, decodeBody(reply.body, encoding));
    const { status, discard } = reply;
    const date = asHttpDate(headerText(reply.headers.date));
    return { status, url, location: location === '' ? null : location, date, body, discard };
  }

  async function toJson(reply: Reply): Promise<JsonReply> {
    const { url } = reply;
    if (reply.status !== 200) {
      reply.discard();
      throw statusError(service, reply);
    }
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of reply.body) {
      bytes += chunk.length;
      if (bytes > jsonLimitBytes) {
        throw upstreamError(service, 'tooLarge', `${url} sent more than ${jsonLimitBytes} bytes`);
      }
      parts.push(chunk);
    }
    try {
      return { value: JSON.parse(Buffer.concat(parts, bytes).toString('utf8')), bytes, url };
    } catch {
      // The parser's message quotes the text, which may hold secrets.
      throw upstreamError(service, 'badPayload', `${url} sent ${bytes} bytes that are not JSON`);
    }
  }

  return {
    service,
    targets,
    open,
    toJson,
    readJson: async (request) => toJson(await open(request)),
    alias(target, hostPort) {
      const made: Target = { base: `${new URL(target.base).protocol}//${hostPort}`, hostPort };
      const authorization = authorizations.get(target);
      if (authorization !== undefined) authorizations.set(made, authorization);
      return made;
    },
    vouched: targetOf,
    close: () => agent.destroy(),
  };
}

/** The public authorities and the given one. Errors: CONFIG_INVALID. */
function trustOf(ca: string | null): { ca?: string[] } {
  if (ca === null) return {};
  try {
    new X509Certificate(ca); // TLS itself takes any text and then trusts nobody.
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', 'The CA file holds no usable certificate', { cause });
  }
  return { ca: [...rootCertificates, ca] };
}

/** Where a redirect leads as `host:port`, read against the server that sent it; null: no usable address. */
export function redirectHostPort(from: Target, location: string | null): string | null {
  const base = `${from.base}/`;
  if (location === null || !URL.canParse(location, base)) return null;
  const url = new URL(location, base);
  return /^https?:$/.test(url.protocol) && url.hostname !== '' ? hostPortOf(url) : null;
}

export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Gives every failure of the body its code: what zlib or the socket threw is a broken answer. */
async function* named(service: Service, url: string, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (thrown) {
    const isZlib = thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('Z_');
    if (!isZlib) throw thrown;
    throw upstreamError(service, 'badPayload', `${url} sent broken compressed data: ${reasonOf(thrown)}`);
  }
}

function asHttpDate(text: string): Date | null {
  const ms = text.length <= 64 ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms);
}

function headerText(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
