import { type KeyFigure, KeyFigures } from '@/components/ui/key-figures';
import type { AppDetailBody } from '@/lib/contracts/stats';
import { formatCount, formatRate, formatRatio, formatShare } from '@/lib/format/numbers';

import classes from './app-view.module.css';

/** The app's numbers against the fleet's. */
export function AppFigures({ detail }: { detail: AppDetailBody }) {
  const { rate, fleet, definition } = detail;
  const figures: KeyFigure[] = [
    {
      label: 'Failed',
      value: formatCount(rate.failed),
      note: rate.oom > 0 ? `${formatCount(rate.oom)} out of memory` : 'none out of memory',
      tone: rate.failed > 0 ? 'bad' : undefined,
    },
    {
      label: 'Per 1,000 task-hours',
      value: (
        <>
          {formatRate(rate.failuresPer1000TaskHours)}{' '}
          {rate.failuresPer1000TaskHours !== null && (
            <span className={classes.ratio}>
              {formatRatio(rate.failuresPer1000TaskHours, fleet.failuresPer1000TaskHours)}
            </span>
          )}
        </>
      ),
      note: `fleet ${formatRate(fleet.failuresPer1000TaskHours)}`,
    },
    {
      label: 'Share of ends that failed',
      value: formatShare(rate.failureShare),
      note: `fleet ${formatShare(fleet.failureShare)}`,
    },
    { label: 'Killed', value: formatCount(rate.killed), note: `of ${formatCount(rate.ended)} ended` },
    {
      label: 'Running now',
      value: formatCount(rate.tasksRunning),
      note:
        definition === null ? 'Marathon tells nothing' : `of ${formatCount(definition.instances)} asked for`,
      tone:
        rate.tasksRunning !== null && definition !== null && rate.tasksRunning < definition.instances
          ? 'warn'
          : undefined,
    },
  ];
  return <KeyFigures label="Key numbers" figures={figures} />;
}
