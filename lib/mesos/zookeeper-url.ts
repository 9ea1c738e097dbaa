import { AppError } from '@/lib/errors';

export type ZookeeperUrl = {
  /** `host:port` each. */
  servers: string[];
  /** Starts with `/`, ends without. */
  path: string;
  login: { user: string; password: string } | null;
};

const DEFAULT_PORT = 2181;

export function isZookeeperUrl(url: string): boolean {
  return url.startsWith('zk://');
}

/**
 * Reads what Mesos takes as `--zk`: `zk://[user:password@]host[:port][,…]/path`.
 *
 * Errors: CONFIG_INVALID, which never repeats the address, as it may hold a password.
 */
export function parseZookeeperUrl(text: string): ZookeeperUrl {
  const [, login, hosts, path] = /^zk:\/\/(?:([^/@]+)@)?([^/@]+)(\/[A-Za-z0-9._/-]+)$/.exec(text) ?? [];
  const [, user, password] = /^([^:]+):(.+)$/.exec(login ?? '') ?? [];
  const servers = (hosts ?? '').split(',').map((host) => /^([A-Za-z0-9.-]+)(?::(\d{1,5}))?$/.exec(host));
  if (path === undefined || servers.includes(null) || (login !== undefined && user === undefined)) {
    throw new AppError('CONFIG_INVALID', 'A zk:// address is not zk://[user:password@]host:port,…/path');
  }
  return {
    servers: servers.map((found) => `${found?.[1]}:${found?.[2] ?? DEFAULT_PORT}`),
    path: path.replace(/\/+$/, ''),
    login: user === undefined || password === undefined ? null : { user, password },
  };
}
