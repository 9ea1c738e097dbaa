'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { Notice } from '@/components/ui/notice';
import { useNow } from '@/components/ui/now';
import { Panel } from '@/components/ui/panel';
import type { StreamStatus } from '@/lib/contracts/status';
import { formatCount } from '@/lib/format/numbers';

import { sourceTitle } from './source-words';
import { streamNotes } from './stream-words';
import classes from './streams-panel.module.css';

const STATE_WORDS: Record<StreamStatus['state'], string> = {
  open: 'open',
  closed: 'closed, tried again',
  refused: 'not offered',
};

const COLUMNS: Column<StreamStatus>[] = [
  { key: 'source', header: 'Stream', isRowHeader: true, cell: (stream) => sourceTitle(stream) },
  {
    key: 'state',
    header: 'State',
    cell: ({ state }) => (
      <span className={classes.state} data-state={state}>
        {STATE_WORDS[state]}
      </span>
    ),
  },
  { key: 'since', header: 'Since', cell: ({ since }) => <Instant at={since} mode="minutes" /> },
  {
    key: 'last',
    header: 'Last event',
    cell: ({ lastEventAt }) => <Instant at={lastEventAt} mode="relative" />,
  },
  { key: 'events', header: 'Events', align: 'right', cell: ({ events }) => formatCount(events) },
  {
    key: 'ends',
    header: 'Ends',
    title: 'Task ends that it told and that are stored',
    align: 'right',
    cell: ({ ends, source }) => (source === 'mesos' ? formatCount(ends) : ''),
  },
  {
    key: 'left',
    header: 'Left to polls',
    title: 'Ends that it did not tell whole: a poll was asked for',
    align: 'right',
    cell: ({ leftToPoll }) => formatCount(leftToPoll),
  },
  { key: 'waiting', header: 'Waiting', align: 'right', cell: ({ backlog }) => formatCount(backlog) },
  {
    key: 'reconnects',
    header: 'Reconnects',
    align: 'right',
    cell: ({ reconnects }) => formatCount(reconnects),
  },
  {
    key: 'error',
    header: 'Last trouble',
    grow: true,
    cell: ({ lastError }) =>
      lastError === null ? (
        ''
      ) : (
        <span title={lastError.message}>
          <Instant at={lastError.at} mode="relative" />: {lastError.message}
        </span>
      ),
  },
];

/** How the event streams do: they tell what ends between the polls. */
export function StreamsPanel({
  streams,
  pollIntervalMs,
}: {
  streams: readonly StreamStatus[];
  pollIntervalMs: number;
}) {
  const now = useNow();
  const notes = streamNotes(streams, { now, pollIntervalMs });
  const areAllOpen = streams.length > 0 && streams.every(({ state }) => state === 'open');
  return (
    <Panel
      title="Event streams"
      note={areAllOpen ? 'all open: ends are stored as they happen, polls reconcile' : 'beside the polls'}
      flush
    >
      {notes.length > 0 && (
        <div className={classes.notes}>
          {notes.map(({ tone, sentence }) => (
            <Notice key={sentence} tone={tone}>
              {sentence}
            </Notice>
          ))}
        </div>
      )}
      <DataTable
        caption="Event streams"
        columns={COLUMNS}
        rows={streams}
        rowKey={({ cluster, source }) => `${cluster} ${source}`}
        rowTone={({ state }) => (state === 'closed' ? 'warn' : null)}
        empty={<Empty title="No event stream was followed yet">It begins after the first poll.</Empty>}
      />
    </Panel>
  );
}
