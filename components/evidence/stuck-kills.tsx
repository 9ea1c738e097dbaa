'use client';

import { HostLink } from '@/components/hosts/host-name';
import { type Column, DataTable } from '@/components/ui/data-table';
import { Instant } from '@/components/ui/instant';
import { useNow } from '@/components/ui/now';
import { Panel } from '@/components/ui/panel';
import { PlainLink } from '@/components/ui/plain-link';
import type { StuckKillItem } from '@/lib/contracts/evidence';
import { formatDuration } from '@/lib/format/durations';
import { appHref, taskHref } from '@/lib/format/hrefs';
import { NOT_KNOWN } from '@/lib/format/numbers';

const KIND_WORDS: Record<StuckKillItem['kind'], string> = {
  task_killing: 'Mesos says TASK_KILLING',
  marathon: 'Marathon wants it gone',
};

type StuckKillsProps = {
  kills: readonly StuckKillItem[] /** What the page is about already. */;
  hide: 'host' | 'app';
};

/** Tasks told to die that lived on: a hung Docker, or a process that waits in the kernel. Nothing where there are none. */
export function StuckKills({ kills, hide }: StuckKillsProps) {
  const now = useNow();
  if (kills.length === 0) return null;
  const columns: Column<StuckKillItem>[] = [
    {
      key: 'task',
      header: 'Task',
      isRowHeader: true,
      grow: true,
      cell: ({ cluster, taskId }) => <PlainLink href={taskHref({ cluster, taskId })}>{taskId}</PlainLink>,
    },
    hide === 'host'
      ? {
          key: 'app',
          header: 'App',
          cell: ({ appId }) =>
            appId === null ? NOT_KNOWN : <PlainLink href={appHref(appId)}>{appId}</PlainLink>,
        }
      : {
          key: 'host',
          header: 'Host',
          cell: ({ host }) => (host === null ? NOT_KNOWN : <HostLink host={host} />),
        },
    { key: 'since', header: 'Told to die', cell: ({ since }) => <Instant at={since} mode="minutes" /> },
    {
      key: 'for',
      header: 'Lived on for',
      align: 'right',
      title: 'Longer than its grace period and two minutes',
      cell: ({ since, endedAt }) =>
        formatDuration((endedAt === null ? now.getTime() : Date.parse(endedAt)) - Date.parse(since)),
    },
    {
      key: 'limit',
      header: 'Allowed',
      align: 'right',
      cell: ({ limitSeconds }) => formatDuration(limitSeconds * 1000),
    },
    { key: 'kind', header: 'Who wants it gone', cell: ({ kind }) => KIND_WORDS[kind] },
    {
      key: 'state',
      header: 'Now',
      cell: ({ endedAt }) =>
        endedAt === null ? (
          <strong>still stuck</strong>
        ) : (
          <>
            gone <Instant at={endedAt} mode="minutes" />
          </>
        ),
    },
  ];
  return (
    <Panel title="Kills not obeyed" note="told to die, and lived on past grace period and two minutes" flush>
      <DataTable
        caption="Kills not obeyed"
        columns={columns}
        rows={kills}
        rowKey={({ taskId, since }) => `${taskId} ${since}`}
        rowTone={({ endedAt }) => (endedAt === null ? 'bad' : null)}
        pageSize={10}
      />
    </Panel>
  );
}
