import { FactList } from '@/components/ui/fact-list';
import { Instant } from '@/components/ui/instant';
import type { StatusBody } from '@/lib/contracts/status';
import { formatCount, NOT_KNOWN } from '@/lib/format/numbers';

type Cluster = StatusBody['clusters'][number];

/** What is known of a cluster's master and of who collects. */
export function ClusterFacts({ cluster }: { cluster: Cluster }) {
  const { lease } = cluster;
  return (
    <FactList
      facts={[
        { label: 'Leading master', value: cluster.masterUrl ?? NOT_KNOWN, isWide: true },
        { label: 'Mesos', value: cluster.masterVersion ?? NOT_KNOWN },
        {
          label: 'Elected',
          value: <Instant at={cluster.electedAt} />,
          title: 'The master’s memory of ended tasks begins here',
        },
        { label: 'First poll', value: <Instant at={cluster.firstPolledAt} /> },
        { label: 'Last poll', value: <Instant at={cluster.lastPolledAt} mode="relative" /> },
        {
          label: 'Ring size',
          value: formatCount(cluster.ringSize),
          title: 'Completed tasks the master keeps per framework',
        },
        { label: 'Task ends stored', value: formatCount(cluster.taskEnds) },
        {
          label: 'Collected by',
          value: lease === null ? 'nobody yet' : <Lease lease={lease} />,
          isWide: true,
        },
      ]}
    />
  );
}

function Lease({ lease }: { lease: NonNullable<Cluster['lease']> }) {
  return (
    <span title={`Token ${lease.token}`}>
      {lease.holder} since <Instant at={lease.acquiredAt} mode="minutes" />
      {lease.expired ? ', expired ' : ', until '}
      <Instant at={lease.expiresAt} mode={lease.expired ? 'relative' : 'clock'} />
    </span>
  );
}
