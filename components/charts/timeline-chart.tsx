'use client';

import dynamic from 'next/dynamic';
import { parseAsArrayOf, parseAsStringLiteral, useQueryState } from 'nuqs';

import {
  isObserved,
  type TimelineModel,
  type TimelinePoint,
  timelineModel,
} from '@/lib/charts/timeline-model';
import type { TimelineBody } from '@/lib/contracts/stats';
import { CAUSE_GROUPS, type CauseGroup } from '@/lib/domain/cause';
import { type TasksHrefFilters, tasksHref } from '@/lib/format/hrefs';
import { plural } from '@/lib/format/numbers';

import { ChartFrame, type ChartState } from './chart-frame';
import classes from './timeline-chart.module.css';
import { TimelineColumns } from './timeline-columns';
import { TimelineLegend } from './timeline-legend';
import { TimelineTable } from './timeline-table';

// Recharts is most of a page's script: it comes after the numbers, which stand in the frame already.
const TimelineBars = dynamic(() => import('./timeline-bars').then((module) => module.TimelineBars), {
  ssr: false,
  loading: () => <div className={classes.loading} />,
});

type TimelineChartProps = {
  title?: string;
  state: ChartState<TimelineBody>;
  /** What the chart is narrowed to; kept when a bar leads to /tasks. */
  filters?: Omit<TasksHrefFilters, 'from' | 'to' | 'range'>;
};

const HIDDEN = parseAsArrayOf(parseAsStringLiteral(CAUSE_GROUPS)).withDefault(['finished']);
const VIEW = parseAsStringLiteral(['bars', 'table'] as const).withDefault('bars');

/** Task ends over time by cause; each bar leads to its tasks. What is hidden and the view are in the URL. */
export function TimelineChart({ title = 'Task ends by cause', state, filters = {} }: TimelineChartProps) {
  const [hidden, setHidden] = useQueryState('hide', HIDDEN);
  const [view, setView] = useQueryState('chart', VIEW);

  const toggle = (group: CauseGroup): void => {
    void setHidden(hidden.includes(group) ? hidden.filter((name) => name !== group) : [...hidden, group]);
  };
  const actions = (
    <button
      type="button"
      className={classes.view}
      onClick={() => void setView(view === 'bars' ? 'table' : 'bars')}
    >
      {view === 'bars' ? 'Show as table' : 'Show as chart'}
    </button>
  );
  return (
    <ChartFrame
      title={title}
      state={state}
      note={state.data && summary(timelineModel(state.data))}
      actions={actions}
      emptyText={(timeline) =>
        isObserved(timeline) ? null : 'No poll saw this time: what happened in it is not known.'
      }
    >
      {(timeline) => {
        const model = timelineModel(timeline);
        const hrefOf = (point: TimelinePoint): string => pointHref(point, hidden, filters);
        return (
          <>
            <TimelineLegend model={model} hidden={hidden} onToggle={toggle} />
            {view === 'table' ? (
              <TimelineTable model={model} hrefOf={hrefOf} />
            ) : (
              <TimelineColumns model={model} hidden={hidden} hrefOf={hrefOf}>
                <TimelineBars model={model} hidden={hidden} windowMs={windowMs(timeline)} />
              </TimelineColumns>
            )}
          </>
        );
      }}
    </ChartFrame>
  );
}

/** The chart in one line, rendered on the server too: what a reader without the picture gets. */
function summary(model: TimelineModel): string {
  if (model.verdict === 'not_observed') return 'Nothing was observed in this window';
  if (model.verdict === 'nothing_ended') return 'No task ended in this window';
  const parts = [plural(model.failed, 'failure'), `of ${plural(model.total, 'task end')}`];
  if (model.coverages.includes('gap')) parts.push('· some may be missing where it is hatched');
  if (model.deployments > 0) parts.push(`· ${plural(model.deployments, 'deployment')}`);
  return parts.join(' ');
}

/** The tasks of one bucket: its failures, or all ends where something else is shown in it. */
function pointHref(point: TimelinePoint, hidden: readonly CauseGroup[], filters: TasksHrefFilters): string {
  const other = (['killed', 'finished'] as const).some(
    (group) => !hidden.includes(group) && (point[group] ?? 0) > 0,
  );
  return tasksHref({
    ...filters,
    from: point.start,
    to: point.end,
    ...(other || (point.failed ?? 0) === 0 ? {} : { disposition: 'failure' }),
  });
}

function windowMs(timeline: TimelineBody): number {
  return Date.parse(timeline.to) - Date.parse(timeline.from);
}
