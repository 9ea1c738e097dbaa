'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import type { StatusBody } from '@/lib/contracts/status';
import { formatBytes } from '@/lib/format/bytes';
import { formatDuration } from '@/lib/format/durations';
import { formatCount } from '@/lib/format/numbers';

type Poll = StatusBody['polls'][number];

const COLUMNS: Column<Poll>[] = [
  {
    key: 'started',
    header: 'Started',
    isRowHeader: true,
    cell: ({ startedAt }) => <Instant at={startedAt} />,
  },
  { key: 'source', header: 'Source', cell: ({ cluster, source }) => `${cluster} ${source}` },
  { key: 'took', header: 'Took', align: 'right', cell: ({ durationMs }) => formatDuration(durationMs) },
  { key: 'bytes', header: 'Read', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
  { key: 'tasks', header: 'Tasks', align: 'right', cell: ({ tasksRead }) => formatCount(tasksRead) },
  { key: 'new', header: 'New ends', align: 'right', cell: ({ endsNew }) => formatCount(endsNew) },
  { key: 'rejected', header: 'Rejected', align: 'right', cell: ({ rejected }) => formatCount(rejected) },
  {
    key: 'result',
    header: 'Result',
    grow: true,
    cell: ({ ok, errorCode, errorMessage }) =>
      ok ? (
        'ok'
      ) : (
        <span title={errorMessage ?? undefined}>
          <code>{errorCode}</code> {errorMessage}
        </span>
      ),
  },
];

/** The newest polls, failures among them. */
export function PollsTable({ polls }: { polls: readonly Poll[] }) {
  return (
    <DataTable
      caption="Newest polls"
      columns={COLUMNS}
      rows={polls}
      rowKey={({ cluster, source, startedAt }) => `${cluster} ${source} ${startedAt}`}
      pageSize={10}
      rowTone={({ ok }) => (ok ? null : 'bad')}
      empty={
        <Empty title="No poll was made yet">The collector starts with the server unless ROLE=web.</Empty>
      }
    />
  );
}
