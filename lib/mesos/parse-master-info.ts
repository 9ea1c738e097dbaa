import { AppError } from '@/lib/errors';

/** A master as it registered in ZooKeeper. */
export type RegisteredMaster = { node: string; host: string; port: number };

const MAX_MASTERS = 32;
const MAX_INFO_BYTES = 65_536;

/**
 * The nodes of masters among the children of the masters' path, the leader's first: that with the lowest sequence number
 * (master/detector/zookeeper.cpp). What else stands there (`log_replicas`) is left out. At most 32.
 *
 * Errors: ZOOKEEPER_NO_LEADER; ZOOKEEPER_OLD_FORMAT where masters before 0.24 stand there (`info_` with a binary body).
 */
export function masterNodes(children: readonly string[]): string[] {
  const nodes = children.flatMap((name) => {
    const [, label, digits] = /^(json\.info_|info_|)(\d{1,10})$/.exec(name) ?? [];
    return digits === undefined ? [] : [{ name, isJson: label === 'json.info_', sequence: Number(digits) }];
  });
  nodes.sort((a, b) => a.sequence - b.sequence);
  const [first] = nodes;
  if (first === undefined) throw new AppError('ZOOKEEPER_NO_LEADER', 'ZooKeeper knows of no master');
  if (!first.isJson) {
    throw new AppError(
      'ZOOKEEPER_OLD_FORMAT',
      `The leading master registered in the form of Mesos before 0.24`,
    );
  }
  return nodes
    .filter(({ isJson }) => isJson)
    .slice(0, MAX_MASTERS)
    .map(({ name }) => name);
}

/**
 * Where a master listens, from its node's content (mesos.proto MasterInfo as JSON). `preferName`: its host name rather
 * than its address, as a certificate is for a name. Null: nothing in it can be asked. The number `ip` is not used: its
 * byte order is the machine's.
 */
export function parseMasterInfo(
  node: string,
  content: Buffer,
  { preferName }: { preferName: boolean },
): RegisteredMaster | null {
  const info = content.length <= MAX_INFO_BYTES ? asObject(parsed(content)) : {};
  const address = asObject(info.address);
  const [, pidHost, pidPort] =
    /^[^@]*@(.+):(\d{1,5})$/.exec(typeof info.pid === 'string' ? info.pid : '') ?? [];
  const port = [address.port, info.port, Number(pidPort)].find(isPort);
  const names = [address.hostname, info.hostname];
  const addresses = [address.ip, pidHost];
  const host = (preferName ? [...names, ...addresses] : [...addresses, ...names]).map(asHost).find(Boolean);
  return host === undefined || host === null || port === undefined ? null : { node, host, port };
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535;
}

/** As it stands in a URL. */
function asHost(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value)) return value.toLowerCase();
  return /^\[?[0-9a-fA-F:.]{2,45}\]?$/.test(value) && value.includes(':')
    ? `[${value.replace(/[[\]]/g, '').toLowerCase()}]`
    : null;
}
