/** An agent as far as its name and address tell it apart. `ip`: of its pid `slave(1)@10.0.0.7:5051`; null: not told. */
export type NamedAgent = { hostname: string; ip: string | null };

/** Null: no agent, or more than one that could be meant. */
export type HostMatcher = (printed: string | null, peerAddress?: string | null) => string | null;

/** The alias of a name under which containers of several hosts came, a relay's: it stands for none of them. */
export const MANY_HOSTS = '';

const NOBODY = new Set(['', '-', 'localhost', 'localhost.localdomain', 'unknown', '(none)']);
const AWS_NAME = /^ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/;

/**
 * Finds the agent that a host name of a log stands for: by the same name but for case and a trailing dot; by a learnt
 * alias; by its address, also in the form `ip-10-0-0-7`; by its short name, where one side has no domain and
 * only one agent fits; else by the address of the sender. Names with two different domains are two hosts. Give no
 * sender's address where it may be a relay's.
 *
 * `aliases`: agent's hostname by printed name in lower case. Cost: linear in the agents once, then constant.
 */
export function createHostMatcher(
  agents: readonly NamedAgent[],
  aliases: ReadonlyMap<string, string> = new Map(),
): HostMatcher {
  const byName = new Map<string, Set<string>>();
  const byAddress = new Map<string, Set<string>>();
  const byShortName = new Map<string, Set<string>>();
  for (const { hostname, ip } of agents) {
    const name = plainName(hostname);
    add(byName, name, hostname);
    const address = isAddress(name) ? name : ip === null ? null : plainAddress(ip);
    if (address !== null) add(byAddress, address, hostname);
    if (!isAddress(name)) add(byShortName, shortName(name), hostname);
  }
  return (printed, peerAddress = null) => {
    const name = plainName(printed ?? '');
    if (!NOBODY.has(name)) {
      const learnt = aliases.get(name);
      const found =
        // An agent's own name first: a name learnt before that agent came must not stand in its way.
        only(byName.get(name)) ??
        (learnt === undefined || learnt === MANY_HOSTS ? null : learnt) ??
        only(byAddress.get(addressIn(name) ?? '')) ??
        ofShortName(byShortName.get(shortName(name)), name);
      if (found !== null) return found;
    }
    return peerAddress === null ? null : only(byAddress.get(plainAddress(peerAddress)));
  };
}

/** The address in an agent's pid: `slave(1)@10.0.0.7:5051`, `slave(1)@[fd00::7]:5051`. Null: none. */
export function addressOfPid(pid: string | null): string | null {
  const at = pid?.lastIndexOf('@') ?? -1;
  if (pid === null || at < 0) return null;
  const [, bracketed, plain] =
    /^(?:\[([0-9a-f:.]{2,45})\]|([\d.]{7,15})):\d{1,5}$/i.exec(pid.slice(at + 1)) ?? [];
  return bracketed ?? plain ?? null;
}

/** Whether it is a name that every machine gives itself, or none. `name`: as plainName makes it. */
export function isNobody(name: string): boolean {
  return NOBODY.has(name);
}

/** A name for comparing: lower case, without a trailing dot. */
export function plainName(name: string): string {
  const lower = name.trim().toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/**
 * What of a printed name stays the same whichever form a sender writes: the part before the first dot, an address as
 * it is.
 */
export function shortName(name: string): string {
  const plain = plainName(name);
  if (isAddress(plain)) return plain;
  const dot = plain.indexOf('.');
  return dot > 0 ? plain.slice(0, dot) : plain;
}

function ofShortName(agents: Set<string> | undefined, name: string): string | null {
  if (agents === undefined || isAddress(name)) return null;
  // Where both sides have a domain they were compared whole.
  const hasDomain = name.includes('.');
  const fitting = [...agents].filter((hostname) => !hasDomain || !plainName(hostname).includes('.'));
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

/** The address that a name is, or spells as machines of AWS do. */
function addressIn(name: string): string | null {
  const plain = plainAddress(name);
  if (isAddress(plain)) return plain;
  const parts = AWS_NAME.exec(shortName(name))?.slice(1);
  return parts === undefined ? null : parts.join('.');
}

/** IPv4 in the mapped form of a dual-stack socket (`::ffff:10.0.0.7`) is plain IPv4. */
function plainAddress(address: string): string {
  return address
    .toLowerCase()
    .replace(/^::ffff:(?=\d)/, '')
    .replace(/^\[|\]$/g, '');
}

function isAddress(name: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || (name.includes(':') && /^[0-9a-f:.]{2,45}$/.test(name));
}

function add(map: Map<string, Set<string>>, key: string, hostname: string): void {
  const known = map.get(key);
  if (known) known.add(hostname);
  else map.set(key, new Set([hostname]));
}

function only(hostnames: Set<string> | undefined): string | null {
  if (hostnames?.size !== 1) return null;
  return [...hostnames][0] ?? null;
}
