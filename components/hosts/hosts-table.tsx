'use client';

import { CauseMark } from '@/components/task-ends/cause-mark';
import { type Column, DataTable } from '@/components/ui/data-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { useSort } from '@/components/ui/use-sort';
import type { HostTrouble } from '@/lib/contracts/evidence';
import type { FleetRate, HostRate } from '@/lib/contracts/stats';
import { causeGroup } from '@/lib/domain/cause-group';
import type { WindowParams } from '@/lib/format/hrefs';
import { formatCount, formatOdds, formatRate, formatRatio, formatShare } from '@/lib/format/numbers';

import { HostLink } from './host-name';
import classes from './hosts-table.module.css';
import { SuspectMark } from './suspect-mark';
import { TroubleMark } from './trouble-mark';

type HostsTableProps = {
  rows: readonly HostRate[];
  fleet: FleetRate;
  links: WindowParams;
  isSuspect: (row: HostRate) => boolean;
  /** Hosts whose logs tell of a bad condition. */
  trouble: readonly HostTrouble[];
  /** True: a filter may be why there are no rows. */
  filtered: boolean;
};

/** Hosts with their numbers, sortable; worst rate first. */
export function HostsTable({ rows, fleet, links, isSuspect, trouble, filtered }: HostsTableProps) {
  const [sort, setSort] = useSort({ key: 'rate', descending: true });
  return (
    <DataTable
      caption="Hosts"
      columns={hostColumns({ fleet, links, isSuspect, trouble })}
      rows={rows}
      rowKey={(row) => `${row.cluster} ${row.hostname}`}
      rowTone={(row) => (isSuspect(row) ? 'bad' : row.active === false ? 'warn' : null)}
      sort={sort}
      onSort={setSort}
      empty={
        <Empty title={filtered ? 'No host matches the filter' : 'No host is known yet'}>
          {filtered ? 'Clear the filter to see them all.' : 'The first poll of a master brings them.'}
        </Empty>
      }
    />
  );
}

function hostColumns({
  fleet,
  links,
  isSuspect,
  trouble,
}: Pick<HostsTableProps, 'fleet' | 'links' | 'isSuspect' | 'trouble'>): Column<HostRate>[] {
  const troubleOf = new Map(trouble.map((one) => [`${one.cluster} ${one.host}`, one.sentences]));
  return [
    {
      key: 'host',
      header: 'Host',
      isRowHeader: true,
      sortValue: (row) => row.hostname,
      cell: (row) => (
        <HostCell
          row={row}
          links={links}
          suspect={isSuspect(row)}
          trouble={troubleOf.get(`${row.cluster} ${row.hostname}`)}
        />
      ),
    },
    number('failed', 'Failed', (row) => row.failed, formatCount, 'Task ends that are failures'),
    number(
      'killed',
      'Killed',
      (row) => row.killed,
      formatCount,
      'KILLED, no failure: deploys, scaling, people',
    ),
    number('ended', 'Ended', (row) => row.ended, formatCount, 'All task ends in the window'),
    {
      ...number('share', 'Failed share', (row) => row.failureShare, formatShare, 'Failed of ended'),
      wideOnly: true,
    },
    {
      ...number(
        'rate',
        'Per 1,000 task-h',
        (row) => row.failuresPer1000TaskHours,
        formatRate,
        'Failures per 1,000 hours of running tasks, and how many times the fleet’s rate that is',
      ),
      cell: (row) => (
        <>
          {formatRate(row.failuresPer1000TaskHours)}{' '}
          <span className={classes.ratio}>
            {row.failuresPer1000TaskHours !== null &&
              formatRatio(row.failuresPer1000TaskHours, fleet.failuresPer1000TaskHours)}
          </span>
        </>
      ),
    },
    {
      ...number(
        'odds',
        'Odds',
        (row) => row.chance,
        formatOdds,
        'How likely at least this many failures are by chance at the fleet’s rate',
      ),
      descendingFirst: false,
    },
    {
      key: 'cause',
      header: 'Top cause',
      grow: true,
      cell: (row) => row.topCause && <TopCause row={row} />,
    },
    {
      key: 'last',
      header: 'Last failure',
      descendingFirst: true,
      sortValue: (row) => row.lastFailureAt,
      cell: (row) => <Instant at={row.lastFailureAt} mode="relative" />,
    },
    number('running', 'Running', (row) => row.tasksRunning, formatCount, 'Tasks running at the last poll'),
  ];
}

function number(
  key: string,
  header: string,
  readValue: (row: HostRate) => number | null,
  format: (value: number | null) => string,
  title: string,
): Column<HostRate> {
  return {
    key,
    header,
    title,
    align: 'right',
    descendingFirst: true,
    sortValue: readValue,
    cell: (row) => format(readValue(row)),
  };
}

type HostCellProps = {
  row: HostRate;
  links: WindowParams;
  suspect: boolean;
  trouble: readonly string[] | undefined;
};

function HostCell({ row, links, suspect, trouble }: HostCellProps) {
  return (
    <span className={classes.host}>
      <span className={classes.name}>
        <HostLink host={row.hostname} links={links} />
      </span>
      {suspect && <SuspectMark />}
      {trouble !== undefined && <TroubleMark sentences={trouble} />}
      {row.active === false && (
        <span className={classes.state} title="The master lists its agent as inactive">
          inactive
        </span>
      )}
      {row.listed === false && (
        <span className={classes.state} title="No agent under this name was in the last whole poll">
          gone
        </span>
      )}
    </span>
  );
}

function TopCause({ row }: { row: HostRate }) {
  if (row.topCause === null) return null;
  return (
    <CauseMark
      cause={row.topCause}
      group={causeGroup({ cause: row.topCause, state: 'TASK_FAILED', disposition: 'failure' })}
    />
  );
}
