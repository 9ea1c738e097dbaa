import { isLaunchReport, mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'cni plugin',
  'networkplugin cni',
  'cni network',
  'cni config',
  'failed to setup hostname and network files',
  'driver failed programming external connectivity',
  'failed to set up container networking',
  'failed to create endpoint',
  'failed to allocate network',
  'failed to assign ip',
  'failed to assign an ip',
  'failed to assign address',
  'no ip addresses available',
  'no available ip',
  'could not find an available',
  'iptables failed',
  'iptables:',
  'port is already allocated',
  'port has already been allocated',
  'failed to bind host port',
  'error response from daemon: network',
  'failed to add the host (veth',
  'failed to create veth',
  'network sandbox',
  'network isolator',
  'network namespace',
  'ipam',
  'failed to attach to network',
  'is listening on unallocated port',
  'unregister_netdevice',
  'adding interface veth',
];

/** The container's network could not be made: address, CNI plugin, bridge, port. */
export const network: Rule = {
  id: 'network',
  matches(facts, reading) {
    if (reading.exit?.from === 'mesos') return null;
    if (mentions(reading, PHRASES) === null && !isPortConflictOfDocker(reading)) return null;
    const isPort =
      mentions(reading, [
        'port is already allocated',
        'port has already been allocated',
        'failed to bind host port',
        'address already in use',
        'unallocated port',
      ]) !== null;
    return {
      cause: 'network_or_cni_failure',
      disposition: 'failure',
      proof: isLaunchReport(reading) ? 'proven' : 'likely',
      summary: isPort
        ? `The host port the task${ofApp(facts)} wants is not its to use, or already taken.`
        : `The network of the container${ofApp(facts)} could not be set up.`,
      because: [],
      advice: [
        isPort
          ? 'Find who holds the port on that host (`ss -ltnp`, `docker ps`): often a container that survived its kill.'
          : "On the host, look at the network plugin's log, the free addresses of the network, and `iptables -t nat -L` (a firewall reload removes Docker's chains until Docker restarts).",
      ],
    };
  },
};

/** Docker's proxy could not take the port. The app's own `address already in use` is its own failure instead. */
function isPortConflictOfDocker(reading: Reading): boolean {
  return (
    reading.lower.includes('bind: address already in use') &&
    mentions(reading, ['error response from daemon', 'cannot start container', 'userland proxy']) !== null
  );
}
