'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import type { StatusBody } from '@/lib/contracts/status';
import { formatDuration } from '@/lib/format/durations';

type Gap = StatusBody['gaps'][number];

const COLUMNS: Column<Gap>[] = [
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
  { key: 'kind', header: 'Kind', cell: ({ kind }) => kind.replaceAll('_', ' ') },
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
export function GapsTable({ gaps }: { gaps: readonly Gap[] }) {
  return (
    <DataTable
      caption="Gaps"
      columns={COLUMNS}
      rows={gaps}
      rowKey={({ cluster, frameworkId, kind, from }) => [cluster, frameworkId, kind, from].join(' ')}
      rowTone={() => 'warn'}
      empty={<Empty title="No gap is known" />}
    />
  );
}
