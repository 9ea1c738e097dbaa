import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a client must show; null: nothing. */
export type Auth =
  | { kind: 'basic'; user: string; password: string }
  | { kind: 'token'; token: string }
  | null;

/** `basic:user:password` or `token:text`. Throws where it is neither. */
export function parseAuth(text: string): Auth {
  const [, kind, rest = ''] = /^(basic|token):(.+)$/.exec(text) ?? [];
  if (kind === 'token') return { kind, token: rest };
  const [, user, password] = /^([^:]+):(.+)$/.exec(rest) ?? [];
  if (kind !== 'basic' || user === undefined || password === undefined) {
    throw new Error('credentials are written basic:user:password or token:text');
  }
  return { kind, user, password };
}

/** Tokens are taken as `Bearer` and in DC/OS's form `token=`. */
export function isAllowed(auth: Auth, request: IncomingMessage): boolean {
  if (auth === null) return true;
  const given = request.headers.authorization ?? '';
  if (auth.kind === 'token')
    return isSame(given, `Bearer ${auth.token}`) || isSame(given, `token=${auth.token}`);
  const decoded = Buffer.from(given.replace(/^Basic /i, ''), 'base64').toString('utf8');
  // Mesos wants exactly two parts: a password with a colon never succeeds.
  return decoded.split(':').length === 2 && isSame(decoded, `${auth.user}:${auth.password}`);
}

function isSame(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
