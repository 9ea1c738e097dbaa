import { CopyText } from '@/components/ui/copy-text';
import { type Fact, FactList } from '@/components/ui/fact-list';
import type { SignalItem } from '@/lib/contracts/evidence';
import { formatMemMb } from '@/lib/format/bytes';
import { formatCount } from '@/lib/format/numbers';

/** The numbers and names that a signal tells; what it does not tell is left out. */
export function SignalFacts({ signal }: { signal: SignalItem }) {
  const facts = [...sizeFacts(signal), ...nameFacts(signal)];
  return facts.length === 0 ? null : <FactList facts={facts} />;
}

function sizeFacts({ usageKb, limitKb, anonRssKb, failcnt }: SignalItem): Fact[] {
  return [
    ...sizeFact('Usage', usageKb),
    ...sizeFact('Limit', limitKb),
    ...sizeFact(
      'Resident of the killed',
      anonRssKb,
      'anon-rss: memory of its own that the killed process held',
    ),
    ...(failcnt === null
      ? []
      : [
          {
            label: 'Failcnt',
            value: formatCount(failcnt),
            title: 'How often the limit was hit since it was set',
          },
        ]),
  ];
}

function sizeFact(label: string, kb: number | null, title?: string): Fact[] {
  if (kb === null) return [];
  return [
    { label, value: formatMemMb(kb / 1024), title: `${title ? `${title}\n` : ''}${formatCount(kb)} kB` },
  ];
}

function nameFacts(signal: SignalItem): Fact[] {
  const { killedComm, killedPid, invokedBy, device, containerId, cgroup, limitCgroup, taskId } = signal;
  const facts: Fact[] = [];
  if (killedComm !== null || killedPid !== null) {
    const pid = killedPid === null ? '' : `pid ${killedPid}`;
    facts.push({ label: 'Process', value: killedComm === null ? pid : `${killedComm}${pid && `, ${pid}`}` });
  }
  if (invokedBy !== null && invokedBy !== killedComm) {
    facts.push({ label: 'Asked for memory', value: invokedBy, title: 'Often not the one that was killed' });
  }
  if (device !== null) facts.push({ label: 'Device', value: device });
  if (containerId !== null) facts.push(idFact('Container', containerId));
  // Where the path is only the container's id once more it tells nothing.
  if (cgroup !== null && (containerId === null || !cgroup.endsWith(`/${containerId}`))) {
    facts.push(idFact('Cgroup', cgroup));
  }
  if (limitCgroup !== null && limitCgroup !== cgroup) facts.push(idFact('Cgroup of the limit', limitCgroup));
  if (taskId !== null) facts.push(idFact('Task id in the log', taskId));
  return facts;
}

function idFact(label: string, id: string): Fact {
  return { label, value: <CopyText text={id} label={`Copy ${label.toLowerCase()}`} />, isWide: true };
}
