import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { network } from './network';

describe('network', () => {
  it.each<Row>([
    {
      when: 'a CNI plugin',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message:
          "Failed to launch container: Collect failed: The CNI plugin '/opt/cni/bin/bridge' failed to attach container c1 to CNI network 'n'",
      },
      want: 'network_or_cni_failure failure proven',
    },
    {
      when: 'Docker lost its chains',
      facts: {
        message:
          'docker: Error response from daemon: driver failed programming external connectivity on endpoint x: iptables failed: No chain/target/match by that name.',
      },
      want: 'network_or_cni_failure failure likely',
    },
    {
      when: 'a taken host port',
      facts: {
        message:
          'docker: Error response from daemon: Cannot start container c1: listen tcp 0.0.0.0:80: bind: address already in use.',
      },
      want: 'network_or_cni_failure failure likely',
    },
    {
      when: "the app's own port conflict",
      facts: { message: 'listen tcp :8080: bind: address already in use' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(network, facts)).toBe(want);
  });
});
