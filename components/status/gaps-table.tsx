'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import type { GapItem } from '@/lib/contracts/status';
import { formatDuration } from '@/lib/format/durations';

import { refillWords } from './refill-words';

const KIND_WORDS: Record<string, string> = {
  ring_overrun: 'memory turned over',
  master_failover: 'master failover',
  agents_not_back: 'agents not back',
};

const COLUMNS: Column<GapItem>[] = [
  {
    key: 'from',
    header: 'From',
    isRowHeader: true,
    cell: ({ from }) => <Instant at={from} />,
  },
  {
    key: 'length',
    header: 'Length',
    align: 'right',
    cell: ({ from, to }) => formatDuration(Date.parse(to) - Date.parse(from)),
  },
  { key: 'cluster', header: 'Cluster', cell: ({ cluster }) => cluster },
  { key: 'kind', header: 'Kind', cell: ({ kind }) => KIND_WORDS[kind] ?? kind.replaceAll('_', ' ') },
  {
    key: 'refill',
    header: 'Refilled',
    title: 'What the agents’ own histories gave back after a failover: without message and reason',
    cell: (gap) => refillWords(gap) ?? '',
  },
  {
    key: 'detail',
    header: 'What may be missing',
    grow: true,
    cell: ({ detail, frameworkId }) => (
      <span title={frameworkId === null ? detail : `${detail}\n${frameworkId}`}>{detail}</span>
    ),
  },
];

/** Spans in which task ends may be missing. */
export function GapsTable({ gaps }: { gaps: readonly GapItem[] }) {
  return (
    <DataTable
      caption="Gaps"
      columns={COLUMNS}
      rows={gaps}
      rowKey={({ cluster, frameworkId, kind, from }) => [cluster, frameworkId, kind, from].join(' ')}
      rowTone={({ refill }) =>
        refill?.at != null && refill.agentsAnswered === refill.agentsAsked ? null : 'warn'
      }
      pageSize={10}
      empty={<Empty title="No gap is known" />}
    />
  );
}
