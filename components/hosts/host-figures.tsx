import { type KeyFigure, KeyFigures } from '@/components/ui/key-figures';
import { isObserved } from '@/lib/charts/timeline-model';
import type { HostDetailBody } from '@/lib/contracts/stats';
import { formatCount, formatOdds, formatRate, formatRatio, formatShare } from '@/lib/format/numbers';

import classes from './host-figures.module.css';

/** The host's numbers against the fleet's. */
export function HostFigures({ detail }: { detail: HostDetailBody }) {
  const { rate, fleet } = detail;
  // Nobody looked: what was counted is not zero but unknown.
  const known = isObserved(detail.timeline);
  const ratio = formatRatio(rate.failuresPer1000TaskHours, fleet.failuresPer1000TaskHours);
  const figures: KeyFigure[] = [
    {
      label: 'Failed',
      value: formatCount(known ? rate.failed : null),
      note: known ? `${formatCount(rate.oom)} out of memory` : 'not observed',
      tone: rate.failed > 0 ? 'bad' : undefined,
    },
    {
      label: 'Per 1,000 task-hours',
      value: (
        <>
          {formatRate(rate.failuresPer1000TaskHours)}{' '}
          {rate.failuresPer1000TaskHours !== null && <span className={classes.ratio}>{ratio}</span>}
        </>
      ),
      note: `fleet ${formatRate(fleet.failuresPer1000TaskHours)}`,
    },
    {
      label: 'Odds by chance',
      value: formatOdds(rate.chance),
      note: 'of so many at the fleet’s rate',
      title:
        'How likely at least this many failures are at the fleet’s rate, over this host’s task-hours (Poisson)',
    },
    {
      label: 'Share of ends that failed',
      value: formatShare(rate.failureShare),
      note: `fleet ${formatShare(fleet.failureShare)}`,
    },
    {
      label: 'Killed',
      value: formatCount(known ? rate.killed : null),
      note: known ? `of ${formatCount(rate.ended)} ended` : 'not observed',
    },
    {
      label: 'Running now',
      value: formatCount(rate.tasksRunning),
      note: `${formatCount(Math.round(rate.taskHours))} task-hours in the window`,
    },
  ];
  return <KeyFigures label="Key numbers" figures={figures} />;
}
