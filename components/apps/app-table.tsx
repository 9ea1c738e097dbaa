'use client';

import { CauseMark } from '@/components/task-ends/cause-mark';
import { type Column, DataTable } from '@/components/ui/data-table';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import { useSort } from '@/components/ui/use-sort';
import type { AppRate, FleetRate } from '@/lib/contracts/stats';
import { causeGroup } from '@/lib/domain/cause-group';
import { formatMemMb } from '@/lib/format/bytes';
import { formatCount, formatRate, formatRatio, formatShare } from '@/lib/format/numbers';

import { AppMarks } from './app-marks';
import classes from './app-table.module.css';

type AppTableProps = {
  rows: readonly AppRate[];
  fleet: FleetRate;
  hrefOf: (row: AppRate) => string;
};

/** Every app of the window, the worst first until sorted otherwise. */
export function AppTable({ rows, fleet, hrefOf }: AppTableProps) {
  const [sort, setSort] = useSort({ key: 'rate', descending: true });
  return (
    <DataTable
      caption="Apps"
      columns={appColumns(fleet, hrefOf)}
      rows={rows}
      rowKey={(row) => `${row.cluster} ${row.appId}`}
      sort={sort}
      onSort={setSort}
      rowTone={(row) => (row.backedOff ? 'warn' : row.exists === false ? 'muted' : null)}
    />
  );
}

function appColumns(fleet: FleetRate, hrefOf: AppTableProps['hrefOf']): Column<AppRate>[] {
  return [
    {
      key: 'app',
      header: 'App',
      isRowHeader: true,
      sortValue: (row) => row.appId,
      cell: (row) => (
        <span className={classes.app}>
          <span className={classes.name} title={row.appId}>
            <PlainLink href={hrefOf(row)}>{row.appId}</PlainLink>
          </span>
          <AppMarks app={row} />
        </span>
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
      ...number('rate', 'Per 1,000 task-h', rateOrder, formatRate, RATE_TITLE),
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
    { key: 'cause', header: 'Top cause', grow: true, cell: (row) => <TopCause row={row} /> },
    {
      key: 'last',
      header: 'Last failure',
      descendingFirst: true,
      sortValue: (row) => row.lastFailureAt,
      cell: (row) => <Instant at={row.lastFailureAt} mode="relative" />,
    },
    {
      ...number('mem', 'Memory', (row) => row.memMb, formatMemMb, 'Memory limit of one instance'),
      wideOnly: true,
    },
    {
      ...number(
        'running',
        'Running',
        (row) => row.tasksRunning,
        formatCount,
        'Running tasks of the instances asked for',
      ),
      cell: (row) => `${formatCount(row.tasksRunning)} of ${formatCount(row.instances)}`,
    },
  ];
}

const RATE_TITLE = 'Failures per 1,000 hours of running tasks, and how many times the fleet’s rate that is';

/** Without observed task-hours there is no rate, but an app that fails still stands before one that does not. */
function rateOrder(row: AppRate): number {
  return row.failuresPer1000TaskHours ?? row.failed * Number.EPSILON;
}

function number(
  key: string,
  header: string,
  valueIn: (row: AppRate) => number | null,
  format: (value: number | null) => string,
  title: string,
): Column<AppRate> {
  return {
    key,
    header,
    title,
    align: 'right',
    descendingFirst: true,
    sortValue: valueIn,
    cell: (row) => format(valueIn(row)),
  };
}

function TopCause({ row }: { row: AppRate }) {
  if (row.topCause === null) return null;
  return (
    <CauseMark
      cause={row.topCause}
      group={causeGroup({ cause: row.topCause, state: 'TASK_FAILED', disposition: 'failure' })}
    />
  );
}
