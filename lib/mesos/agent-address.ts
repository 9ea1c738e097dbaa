import type { Agent } from '@/lib/domain/cluster';

/** Where an agent listens and under which process its own paths stand: `/slave(1)/state`. */
export type AgentAddress = {
  agentId: string;
  /** `10.0.0.11:5051`. */
  hostPort: string;
  /** `slave(1)`. */
  process: string;
  /** As the master tells it; null on masters before 0.26. */
  version: string | null;
};

const DEFAULT_PORT = 5051;

/**
 * The HTTP address in an agent's `pid` (`slave(1)@10.0.0.11:5051`, IPv6 in brackets); without a usable one its
 * host name and port. Null: neither can be an address.
 */
export function agentAddress(agent: Pick<Agent, 'agentId' | 'pid' | 'hostname' | 'port' | 'version'>) {
  const [, process = 'slave(1)', fromPid] =
    /^([\w.()-]{1,64})@(\S{1,253}:\d{1,5})$/.exec(agent.pid ?? '') ?? [];
  const hostPort = fromPid ?? `${agent.hostname}:${agent.port ?? DEFAULT_PORT}`;
  return isHostPort(hostPort)
    ? ({ agentId: agent.agentId, hostPort, process, version: agent.version } satisfies AgentAddress)
    : null;
}

/** Whether the text is a bare `host:port`: nothing that would turn the rest of a URL into something else. */
function isHostPort(text: string): boolean {
  if (!/^(?:[\w.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/i.test(text) || !URL.canParse(`http://${text}/`)) return false;
  const { hostname } = new URL(`http://${text}/`); // 2852039166 and 0xa9fea9fe are 169.254.169.254 by now.
  return hostname !== '' && !NO_AGENTS.test(hostname);
}

/**
 * Addresses at which no agent can be, and which a forged one must not make us ask with our login: "any", multicast, and
 * those of the link, where clouds tell machines their secrets (also as IPv6, and IPv4 inside of it).
 */
const NO_AGENTS =
  /^(?:0\.|169\.254\.|22[4-9]\.|2[345]\d\.|\[(?:::|ff[0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*|fd00:ec2::254|::ffff:a9fe:[0-9a-f]+)\]$)/;

/** `1.11.0` is at least `1.5`. An unknown version is taken for a new one, unless told otherwise. */
export function isAtLeast(
  version: string | null,
  wanted: readonly [major: number, minor: number],
  whenUnknown = true,
): boolean {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})/.exec(version ?? '') ?? [];
  if (major === undefined || minor === undefined) return whenUnknown;
  return Number(major) > wanted[0] || (Number(major) === wanted[0] && Number(minor) >= wanted[1]);
}
