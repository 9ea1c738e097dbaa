'use client';

import type { ReactNode } from 'react';

import { HostLink } from '@/components/hosts/host-name';
import { type Column, DataTable } from '@/components/ui/data-table';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { TaskItem } from '@/lib/contracts/task';
import { appHref, taskHref, type WindowParams } from '@/lib/format/hrefs';

import { EndCauseMark, ExitMark, StateMark } from './cause-mark';
import classes from './task-table.module.css';

export type TaskTableColumn = 'ended' | 'state' | 'cause' | 'app' | 'host' | 'exit' | 'summary';

type TaskTableProps = {
  caption: string;
  items: readonly TaskItem[];
  /** Columns that say nothing here: the host on a host's page. */
  hide?: readonly TaskTableColumn[];
  /** Kept by the links to hosts and apps. */
  links?: WindowParams;
  empty?: ReactNode;
  pageSize?: number;
};

/** Task ends, newest first as given; each row leads to its task, its app and its host. */
export function TaskTable({ caption, items, hide = [], links = {}, empty, pageSize }: TaskTableProps) {
  const repeated = repeatedTaskIds(items);
  const columns = taskColumns(links, repeated).filter(({ key }) => !hide.some((name) => name === key));
  return (
    <DataTable
      caption={caption}
      className={classes.table}
      columns={columns}
      rows={items}
      rowKey={(item) => item.id}
      rowTone={(item) => (item.reopenedAt === null ? null : 'muted')}
      empty={empty}
      {...(pageSize === undefined ? {} : { pageSize })}
    />
  );
}

function taskColumns(links: WindowParams, repeated: ReadonlySet<string>): Column<TaskItem>[] {
  return [
    {
      key: 'ended',
      header: 'Ended',
      isPlain: true,
      cell: (item) => <EndedCell item={item} repeated={repeated} />,
    },
    {
      key: 'state',
      header: 'State',
      isPlain: true,
      cell: (item) => <StateMark state={item.state} disposition={item.disposition} />,
    },
    {
      key: 'cause',
      header: 'Cause',
      isPlain: true,
      isLong: true,
      cell: (item) => <EndCauseMark end={item} />,
    },
    { key: 'app', header: 'App', isRowHeader: true, cell: (item) => <AppCell item={item} links={links} /> },
    {
      key: 'host',
      header: 'Host',
      isPlain: true,
      isLong: true,
      cell: (item) => (
        <span className={classes.host}>
          <HostLink host={item.host} links={links} />
        </span>
      ),
    },
    {
      key: 'exit',
      header: 'Exit',
      isPlain: true,
      cell: (item) => <ExitMark exitCode={item.exitCode} signal={item.signal} />,
    },
    {
      key: 'summary',
      header: 'What happened',
      grow: true,
      wideOnly: true,
      cell: (item) => (
        <span title={item.message ?? item.summary} className={classes.summary}>
          {item.summary}
        </span>
      ),
    },
  ];
}

function EndedCell({ item, repeated }: { item: TaskItem; repeated: ReadonlySet<string> }) {
  const many = repeated.has(`${item.cluster} ${item.taskId}`);
  return (
    <PlainLink
      href={taskHref(many ? item : { cluster: item.cluster, taskId: item.taskId })}
      title={item.taskId}
    >
      {item.finishedAtKnown ? '' : '≤ '}
      <Instant at={item.finishedAt} mode="minutes" />
      <span className="visually-hidden">, task {item.taskId}</span>
    </PlainLink>
  );
}

function AppCell({ item, links }: { item: TaskItem; links: WindowParams }) {
  const name = item.appId ?? item.name;
  return (
    <span className={classes.app}>
      <span className={classes.name}>
        {item.appId === null ? (
          <span title={`${name}\n${item.frameworkName ?? item.frameworkId}, not a Marathon task`}>
            {name}
          </span>
        ) : (
          <PlainLink href={appHref(item.appId, links)} title={name}>
            {name}
          </PlainLink>
        )}
      </span>
      {item.reopenedAt !== null && (
        <span className={classes.back} title="The task came back; this end is not counted">
          came back
        </span>
      )}
    </span>
  );
}

/** Task ids that end more than once among the items: only their links need the row's own id. */
function repeatedTaskIds(items: readonly TaskItem[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { cluster, taskId } of items) {
    const key = `${cluster} ${taskId}`;
    if (seen.has(key)) repeated.add(key);
    seen.add(key);
  }
  return repeated;
}
