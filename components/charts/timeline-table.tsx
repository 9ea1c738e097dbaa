'use client';

import { type Column, DataTable } from '@/components/ui/data-table';
import { useThisQuarterHour, useTimeZone } from '@/components/ui/now';
import { PlainLink } from '@/components/ui/plain-link';
import { bucketLabel } from '@/lib/charts/bucket-label';
import type { TimelineModel, TimelinePoint } from '@/lib/charts/timeline-model';
import { COVERAGE_LABELS } from '@/lib/contracts/stats';
import { formatCount } from '@/lib/format/numbers';

import classes from './timeline-table.module.css';

type TimelineTableProps = { model: TimelineModel; hrefOf: (point: TimelinePoint) => string };

/** The timeline as numbers, newest first; quiet observed buckets are left out. */
export function TimelineTable({ model, hrefOf }: TimelineTableProps) {
  const timeZone = useTimeZone();
  const now = useThisQuarterHour();
  const rows = model.points.filter((point) => point.total !== 0 || point.coverage !== 'observed').reverse();
  const columns: Column<TimelinePoint>[] = [
    {
      key: 'when',
      header: 'When',
      isRowHeader: true,
      cell: (point) => <PlainLink href={hrefOf(point)}>{bucketLabel(point, timeZone, now)}</PlainLink>,
    },
    ...model.series.map(
      ({ group, label }): Column<TimelinePoint> => ({
        key: group,
        header: label,
        align: 'right',
        cell: (point) => formatCount(point[group]),
      }),
    ),
    {
      key: 'deployments',
      header: 'Deployments',
      align: 'right',
      cell: (point) => (point.deployments.length === 0 ? '' : formatCount(point.deployments.length)),
    },
    {
      key: 'coverage',
      header: 'Coverage',
      grow: true,
      cell: (point) => <span className={classes.coverage}>{COVERAGE_LABELS[point.coverage]}</span>,
    },
  ];
  return (
    <DataTable
      caption="Task ends over time"
      columns={columns}
      rows={rows}
      rowKey={(point) => point.start}
      pageSize={120}
    />
  );
}
