'use client';

import dynamic from 'next/dynamic';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';

import { type Column, DataTable } from '@/components/ui/data-table';
import { Instant } from '@/components/ui/instant';
import { Panel } from '@/components/ui/panel';
import type { MemoryModel, MemoryPoint } from '@/lib/charts/memory-model';
import { formatMemBytes } from '@/lib/format/bytes';
import { formatCount, formatShare, plural } from '@/lib/format/numbers';

import classes from './memory-chart.module.css';

const MemoryLines = dynamic(() => import('./memory-lines').then((module) => module.MemoryLines), {
  ssr: false,
  loading: () => <div className={classes.plot} />,
});

const VIEW = parseAsStringLiteral(['lines', 'table'] as const).withDefault('lines');

type MemoryChartProps = {
  title: string;
  /** Null: nothing was sampled; `empty` says why. */
  model: MemoryModel | null;
  empty: ReactNode;
};

/** Memory used against the limit, deaths marked. Whether as lines or as a table is in the URL. */
export function MemoryChart({ title, model, empty }: MemoryChartProps) {
  const [view, setView] = useQueryState('memory', VIEW);
  if (model === null) return <Panel title={title}>{empty}</Panel>;
  const other = view === 'lines' ? 'table' : 'lines';
  return (
    <Panel
      title={title}
      note={
        <>
          {model.summary}; sampled since <Instant at={since(model)} mode="minutes" />
        </>
      }
      actions={
        <button type="button" className={classes.view} onClick={() => void setView(other)}>
          {view === 'lines' ? 'Show as table' : 'Show as chart'}
        </button>
      }
    >
      {model.spansSummary !== null && <p className={classes.spans}>{model.spansSummary}</p>}
      {view === 'table' ? (
        <MemoryTable title={title} model={model} />
      ) : (
        <>
          <Legend model={model} />
          <div className={classes.plot}>
            <MemoryLines model={model} />
          </div>
        </>
      )}
    </Panel>
  );
}

function since(model: MemoryModel): string | null {
  const [first] = model.points;
  return first ? new Date(first.at).toISOString() : null;
}

function Legend({ model }: { model: MemoryModel }) {
  return (
    <ul className={classes.legend} aria-label="Legend">
      {model.series.map(({ key, label }) => (
        <li key={key} data-key={key}>
          {label}
        </li>
      ))}
      {model.points.some(({ limit }) => limit !== null) && <li data-key="limit">Limit</li>}
      {model.deaths.length > 0 && <li data-key="death">{plural(model.deaths.length, 'death')}</li>}
    </ul>
  );
}

function MemoryTable({ title, model }: { title: string; model: MemoryModel }) {
  const [main] = model.series;
  const columns: Column<MemoryPoint>[] = [
    {
      key: 'at',
      header: 'When',
      isRowHeader: true,
      cell: ({ at }) => <Instant at={new Date(at).toISOString()} />,
    },
    ...model.series.map(
      ({ key, label }): Column<MemoryPoint> => ({
        key,
        header: label,
        align: 'right',
        cell: (point) => formatMemBytes(point[key]),
      }),
    ),
    { key: 'limit', header: 'Limit', align: 'right', cell: ({ limit }) => formatMemBytes(limit) },
    {
      key: 'share',
      header: 'Of the limit',
      align: 'right',
      cell: (point) => {
        const used = main ? point[main.key] : null;
        return formatShare(used === null || !point.limit ? null : used / point.limit);
      },
    },
  ];
  if (model.points.some(({ tasks }) => tasks !== null)) {
    columns.push({ key: 'tasks', header: 'Tasks', align: 'right', cell: ({ tasks }) => formatCount(tasks) });
  }
  const rows = model.points.filter((point) => model.series.some(({ key }) => point[key] !== null)).reverse();
  return (
    <DataTable
      caption={`${title}, newest first`}
      columns={columns}
      rows={rows}
      rowKey={({ at }) => String(at)}
      pageSize={24}
    />
  );
}
