'use client';

import { HostLink } from '@/components/hosts/host-name';
import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { AppDetailBody } from '@/lib/contracts/stats';
import { formatMemMb } from '@/lib/format/bytes';
import { tasksHref, type WindowParams } from '@/lib/format/hrefs';
import { formatCount, formatShare, NOT_KNOWN } from '@/lib/format/numbers';

import classes from './app-view.module.css';

type Version = AppDetailBody['versions'][number];
type Host = AppDetailBody['hosts'][number];
type Deployment = AppDetailBody['deployments'][number];

/** Did a release break it: ends by the version their task was started under. */
export function AppVersions({ versions }: { versions: readonly Version[] }) {
  const most = Math.max(1, ...versions.map(({ failed }) => failed));
  const columns: Column<Version>[] = [
    {
      key: 'version',
      header: 'Version',
      isRowHeader: true,
      cell: (row) => (
        <span title={row.version}>
          <Instant at={row.createdAt} mode="minutes" />
        </span>
      ),
    },
    {
      key: 'failed',
      header: 'Failed',
      align: 'right',
      cell: (row) => (
        <span className={classes.bar} style={{ '--length': row.failed / most }}>
          {formatCount(row.failed)}
        </span>
      ),
    },
    { key: 'ended', header: 'Ended', align: 'right', cell: (row) => formatCount(row.ended) },
    {
      key: 'share',
      header: 'Failed share',
      align: 'right',
      cell: (row) => formatShare(row.ended === 0 ? null : row.failed / row.ended),
    },
    { key: 'mem', header: 'Memory', align: 'right', cell: (row) => formatMemMb(row.memMb) },
    { key: 'instances', header: 'Instances', align: 'right', cell: (row) => formatCount(row.instances) },
    {
      key: 'image',
      header: 'Image',
      grow: true,
      cell: (row) => <span title={row.image ?? ''}>{row.image ?? NOT_KNOWN}</span>,
    },
  ];
  return (
    <DataTable
      caption="Failures by version, newest first"
      columns={columns}
      rows={versions}
      rowKey={(row) => row.version}
      pageSize={12}
      empty={<Empty title="No version is known">Only Marathon tells versions.</Empty>}
    />
  );
}

type AppHostsProps = { appId: string; hosts: readonly Host[]; links: WindowParams };

/** Is it one host: ends by where they happened, most failures first. */
export function AppHosts({ appId, hosts, links }: AppHostsProps) {
  const columns: Column<Host>[] = [
    {
      key: 'host',
      header: 'Host',
      isRowHeader: true,
      grow: true,
      cell: ({ host }) => <HostLink host={host} links={links} />,
    },
    {
      key: 'failed',
      header: 'Failed',
      align: 'right',
      cell: ({ host, failed }) =>
        failed === 0 ? (
          '0'
        ) : (
          <PlainLink href={tasksHref({ ...links, host, app: appId, disposition: 'failure' })}>
            {formatCount(failed)}
          </PlainLink>
        ),
    },
    { key: 'killed', header: 'Killed', align: 'right', cell: ({ killed }) => formatCount(killed) },
    { key: 'ended', header: 'Ended', align: 'right', cell: ({ ended }) => formatCount(ended) },
  ];
  return (
    <DataTable
      caption="Task ends of this app by host"
      columns={columns}
      rows={hosts}
      rowKey={({ host }) => host}
      pageSize={12}
      empty={<Empty title="No task of this app ended in this window" />}
    />
  );
}

/** What Marathon changed in the window. */
export function AppDeployments({ deployments }: { deployments: readonly Deployment[] }) {
  const columns: Column<Deployment>[] = [
    { key: 'from', header: 'Seen', cell: (row) => <Instant at={row.firstSeenAt} mode="minutes" /> },
    {
      key: 'to',
      header: 'Ended',
      cell: (row) => (row.endedAt === null ? 'running' : <Instant at={row.endedAt} mode="minutes" />),
    },
    {
      key: 'actions',
      header: 'What it did',
      isRowHeader: true,
      cell: (row) => row.actions.map(({ action, target }) => `${action} ${target}`).join(', '),
    },
    {
      key: 'id',
      header: 'Deployment',
      grow: true,
      cell: (row) => <code title={row.deploymentId}>{row.deploymentId}</code>,
    },
  ];
  return (
    <DataTable
      caption="Deployments of this app"
      columns={columns}
      rows={deployments}
      rowKey={(row) => row.deploymentId}
      pageSize={12}
      empty={
        <Empty title="No deployment of this app was seen in this window">
          Only those that ran while exit137 watched are known; its versions tell of earlier changes.
        </Empty>
      }
    />
  );
}
