'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import type { HostDetailBody } from '@/lib/contracts/stats';
import { formatDiskMb, formatMemMb } from '@/lib/format/bytes';
import { formatCount, NOT_KNOWN } from '@/lib/format/numbers';

import { clockWords } from './contact-words';
import classes from './host-agents.module.css';

type Agent = HostDetailBody['agents'][number] & {
  /** Null: it was never asked. */
  contact: HostDetailBody['contacts'][number] | null;
};

const COLUMNS: Column<Agent>[] = [
  {
    key: 'id',
    header: 'Agent id',
    isRowHeader: true,
    cell: ({ agentId }) => <code>{agentId}</code>,
  },
  { key: 'state', header: 'State', cell: (agent) => <AgentState agent={agent} /> },
  {
    key: 'registered',
    header: 'Registered',
    cell: ({ registeredAt }) => <Instant at={registeredAt} mode="minutes" />,
  },
  {
    key: 'reregistered',
    header: 'Reregistered',
    cell: ({ reregisteredAt }) => <Instant at={reregisteredAt} mode="minutes" />,
  },
  { key: 'version', header: 'Mesos', cell: ({ version }) => version ?? NOT_KNOWN },
  { key: 'cpus', header: 'CPUs', align: 'right', cell: ({ cpus }) => formatCount(cpus) },
  { key: 'mem', header: 'Memory', align: 'right', cell: ({ memMb }) => formatMemMb(memMb) },
  { key: 'disk', header: 'Disk', align: 'right', cell: ({ diskMb }) => formatDiskMb(diskMb) },
  {
    key: 'running',
    header: 'Running',
    align: 'right',
    cell: ({ tasksRunning }) => formatCount(tasksRunning),
  },
  {
    key: 'answers',
    header: 'Answers',
    title: 'Whether the agent answered exit137 when it was last asked for its containers',
    cell: ({ contact }) => <Answers contact={contact} />,
  },
  {
    key: 'clock',
    header: 'Clock',
    title: 'Against the clock of exit137, from the Date header of its answer',
    cell: ({ contact }) => clockWords(contact?.skewMs ?? null),
  },
  {
    key: 'attributes',
    header: 'Attributes',
    grow: true,
    cell: ({ attributes }) => <Attributes of={attributes} />,
  },
];

/** Every agent that ever stood under a host's name. */
export function HostAgents({ agents, contacts }: Pick<HostDetailBody, 'agents' | 'contacts'>) {
  const rows = agents.map((agent) => ({
    ...agent,
    contact:
      contacts.find(({ cluster, agentId }) => cluster === agent.cluster && agentId === agent.agentId) ?? null,
  }));
  return (
    <DataTable
      caption="Agents under this name"
      columns={COLUMNS}
      rows={rows}
      rowKey={({ cluster, agentId }) => `${cluster} ${agentId}`}
      rowTone={({ goneAt }) => (goneAt === null ? null : 'muted')}
      empty={
        <Empty title="No master ever listed an agent under this name">
          Its task ends are known from history.
        </Empty>
      }
    />
  );
}

function AgentState({ agent }: { agent: Agent }) {
  if (agent.goneAt !== null) {
    return (
      <>
        gone <Instant at={agent.goneAt} mode="minutes" />
      </>
    );
  }
  return <>{agent.active ? 'active' : 'inactive'}</>;
}

function Answers({ contact }: Pick<Agent, 'contact'>) {
  if (contact === null) return <>{NOT_KNOWN}</>;
  if (contact.errorCode === null) return <Instant at={contact.answeredAt} mode="relative" />;
  return (
    <span title={contact.errorCode}>
      {contact.answeredAt === null ? (
        'never did'
      ) : (
        <>
          not since <Instant at={contact.answeredAt} mode="minutes" />
        </>
      )}
    </span>
  );
}

function Attributes({ of }: { of: Record<string, string> }) {
  const entries = Object.entries(of);
  if (entries.length === 0) return <>{NOT_KNOWN}</>;
  const text = entries.map(([name, value]) => `${name}:${value}`).join(' ');
  return (
    <code className={classes.attributes} title={text}>
      {text}
    </code>
  );
}
