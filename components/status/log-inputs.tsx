'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import type { LogInputItem } from '@/lib/contracts/evidence';
import { formatCount } from '@/lib/format/numbers';

const COLUMNS: Column<LogInputItem>[] = [
  { key: 'input', header: 'Input', isRowHeader: true, cell: ({ input }) => <code>{input}</code> },
  { key: 'cluster', header: 'Cluster', cell: ({ cluster }) => cluster },
  { key: 'last', header: 'Last line', cell: ({ lastAt }) => <Instant at={lastAt} mode="relative" /> },
  { key: 'lines', header: 'Lines', align: 'right', cell: ({ lines }) => formatCount(lines) },
  {
    key: 'signals',
    header: 'Signals',
    title: 'Facts found in those lines',
    align: 'right',
    cell: ({ signals }) => formatCount(signals),
  },
  {
    key: 'duplicates',
    header: 'Duplicates',
    title: 'Facts that were known already: lines that were sent again',
    align: 'right',
    cell: ({ duplicates }) => formatCount(duplicates),
  },
  { key: 'rejected', header: 'Rejected', align: 'right', cell: ({ rejected }) => formatCount(rejected) },
  { key: 'first', header: 'First line', cell: ({ firstAt }) => <Instant at={firstAt} mode="minutes" /> },
  {
    key: 'error',
    header: 'Trouble',
    grow: true,
    cell: ({ lastError, lastErrorAt }) =>
      lastError === null ? (
        ''
      ) : (
        <span title={lastError}>
          <Instant at={lastErrorAt} mode="relative" />: {lastError}
        </span>
      ),
  },
];

/** Where host logs come in. */
export function LogInputs({ inputs }: { inputs: readonly LogInputItem[] }) {
  return (
    <DataTable
      caption="Ways in for host logs"
      columns={COLUMNS}
      rows={inputs}
      rowKey={({ cluster, input }) => `${cluster} ${input}`}
      rowTone={({ lastError }) => (lastError === null ? null : 'warn')}
      empty={
        <Empty title="No host log comes in">
          Without them a Docker container that ran out of memory is only “exited with status 137”. Set
          LOGS_TOKEN, SYSLOG_PORT or LOG_FILES; <code>docs/logs.md</code> has ready configurations.
        </Empty>
      }
    />
  );
}
