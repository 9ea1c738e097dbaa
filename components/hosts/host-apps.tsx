'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { PlainLink } from '@/components/ui/plain-link';
import type { HostDetailBody } from '@/lib/contracts/stats';
import { appHref, tasksHref, type WindowParams } from '@/lib/format/hrefs';
import { formatCount } from '@/lib/format/numbers';

type HostApp = HostDetailBody['apps'][number];

type HostAppsProps = { detail: HostDetailBody; hostname: string; links: WindowParams };

/** Whose tasks ended on the host, most failures first. */
export function HostApps({ detail, hostname, links }: HostAppsProps) {
  const columns: Column<HostApp>[] = [
    {
      key: 'app',
      header: 'App',
      isRowHeader: true,
      grow: true,
      cell: ({ appId }) =>
        appId === null ? 'Not of Marathon' : <PlainLink href={appHref(appId, links)}>{appId}</PlainLink>,
    },
    {
      key: 'failed',
      header: 'Failed',
      align: 'right',
      cell: ({ appId, failed }) =>
        failed === 0 || appId === null ? (
          formatCount(failed)
        ) : (
          <PlainLink href={tasksHref({ ...links, host: hostname, app: appId, disposition: 'failure' })}>
            {formatCount(failed)}
          </PlainLink>
        ),
    },
    { key: 'killed', header: 'Killed', align: 'right', cell: ({ killed }) => formatCount(killed) },
    { key: 'ended', header: 'Ended', align: 'right', cell: ({ ended }) => formatCount(ended) },
  ];
  return (
    <DataTable
      caption="Apps with task ends on this host"
      columns={columns}
      rows={detail.apps}
      rowKey={({ appId }) => appId ?? ''}
      empty={<Empty title="No task ended here in this window" />}
    />
  );
}
