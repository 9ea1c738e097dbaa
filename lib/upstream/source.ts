import { AppError } from '@/lib/errors';

/** How to log in. `dcos` sends `Authorization: token=…` instead of `Bearer …`. Null: no login. */
export type Credentials =
  | { username: string; password: string }
  | { token: string; scheme: 'bearer' | 'dcos' }
  | null;

/** One service of the cluster: the masters of a quorum, or the replicas of one Marathon. */
export type Source = {
  /** Credentials inside a URL win over `credentials` for that URL. */
  urls: string[];
  credentials: Credentials;
  /** For one request, from connecting to the last byte of its body. */
  timeoutMs: number;
  /** PEM text, trusted besides the public authorities. */
  ca: string | null;
};

/** One server that may be asked. Holds no secret: it may be logged and thrown. */
export type Target = {
  /** `https://host:port/prefix`, without credentials and without a trailing slash. */
  base: string;
  /** `host:port` in lower case, the port always written. */
  hostPort: string;
};

/** The login that the settings name; a token wins over a name and password. Null: none is set. */
export function credentialsOf(settings: {
  username: string | undefined;
  password: string | undefined;
  token: string | undefined;
  scheme: 'bearer' | 'dcos';
}): Credentials {
  const { username, password, token, scheme } = settings;
  if (token !== undefined && token !== '') return { token, scheme };
  return username === undefined || username === '' ? null : { username, password: password ?? '' };
}

/** A configured URL, also a zk:// one, as it may be shown: without credentials, query and trailing slash. */
export function shownUrl(text: string): string {
  if (text.startsWith('zk://')) return text.replace(/^zk:\/\/(?:.*@)?/, 'zk://').replace(/\/+$/, '');
  return parseSourceUrl(text, null).target.base;
}

/**
 * Reads a configured URL: where to ask, and the `Authorization` header to send there (null: none).
 *
 * Errors: CONFIG_INVALID, which never repeats the URL, as it may hold a password.
 */
export function parseSourceUrl(
  text: string,
  credentials: Credentials,
): { target: Target; authorization: string | null } {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new AppError('CONFIG_INVALID', 'A configured cluster URL is not an http(s) URL');
  }
  const own =
    url.username === '' && url.password === ''
      ? credentials
      : { username: decoded(url.username), password: decoded(url.password) };
  const authorization = authorizationOf(own);
  if (authorization !== null && /[^\x20-\x7e]/.test(authorization)) {
    throw new AppError('CONFIG_INVALID', 'A token for the cluster holds characters that no header can carry');
  }
  const base = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return { target: { base, hostPort: hostPortOf(url) }, authorization };
}

export function hostPortOf(url: URL): string {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return `${url.hostname.toLowerCase()}:${port}`;
}

function authorizationOf(credentials: Credentials): string | null {
  if (credentials === null) return null;
  if ('token' in credentials) {
    return credentials.scheme === 'dcos' ? `token=${credentials.token}` : `Bearer ${credentials.token}`;
  }
  const pair = `${credentials.username}:${credentials.password}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // A bare % in a password: the person meant it as it stands.
  }
}
