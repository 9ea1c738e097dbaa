'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import type { SignalItem } from '@/lib/contracts/evidence';
import { formatMemMb } from '@/lib/format/bytes';
import { plural } from '@/lib/format/numbers';

import classes from './process-table.module.css';

type Process = SignalItem['processes'][number];
type Row = Process & { isKilled: boolean; key: string };

const COLUMNS: Column<Row>[] = [
  {
    key: 'name',
    header: 'Process',
    isRowHeader: true,
    cell: ({ name, isKilled }) => (
      <>
        {name}
        {isKilled && <span className={classes.killed}> killed</span>}
      </>
    ),
  },
  { key: 'pid', header: 'Pid', align: 'right', cell: ({ pid }) => pid },
  {
    key: 'rss',
    header: 'Resident',
    align: 'right',
    cell: ({ rssKb }) => formatMemMb(rssKb === null ? null : rssKb / 1024),
  },
];

/** What ran in the container when memory ran out, the largest first; folded until asked for. */
export function ProcessTable({ signal }: { signal: SignalItem }) {
  if (signal.processes.length === 0) return null;
  const rows = signal.processes
    .map((process, place) => ({
      ...process,
      isKilled: process.pid === signal.killedPid,
      key: `${process.pid} ${place}`,
    }))
    .sort((a, b) => (b.rssKb ?? -1) - (a.rssKb ?? -1));
  return (
    <details className={classes.details}>
      <summary>{plural(rows.length, 'process', 'processes')} at that time</summary>
      <DataTable
        caption="Processes when memory ran out, largest first"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ key }) => key}
        rowTone={({ isKilled }) => (isKilled ? 'bad' : null)}
        pageSize={20}
      />
    </details>
  );
}
