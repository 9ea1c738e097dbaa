import { GroupSwatch } from '@/components/task-ends/cause-mark';
import { useThisQuarterHour, useTimeZone } from '@/components/ui/now';
import { bucketLabel } from '@/lib/charts/bucket-label';
import type { TimelineModel, TimelinePoint } from '@/lib/charts/timeline-model';
import { COVERAGE_LABELS } from '@/lib/contracts/stats';
import type { CauseGroup } from '@/lib/domain/cause';
import { formatCount, plural } from '@/lib/format/numbers';

import classes from './timeline-tip.module.css';

type TimelineTipProps = {
  point: TimelinePoint;
  series: TimelineModel['series'];
  hidden: readonly CauseGroup[];
  /** Across the plot, 0..1. */
  place: number;
};

const DEPLOYMENTS_SHOWN = 3;

/** The numbers of the bucket under the pointer or the focus. Screen readers get them from the link's name. */
export function TimelineTip({ point, series, hidden, place }: TimelineTipProps) {
  const timeZone = useTimeZone();
  const now = useThisQuarterHour();
  const shown = series.filter(({ group }) => !hidden.includes(group) && (point[group] ?? 0) > 0);
  return (
    <div
      className={classes.tip}
      data-side={place > 0.5 ? 'left' : 'right'}
      style={{ '--place': place }}
      aria-hidden
    >
      <p className={classes.when}>{bucketLabel(point, timeZone, now)}</p>
      {shown.map(({ group, label }) => (
        <p key={group} className={classes.row}>
          <GroupSwatch group={group} /> {label} <span>{formatCount(point[group])}</span>
        </p>
      ))}
      {point.total !== null && shown.length === 0 && (
        <p className={classes.muted}>No ends of the kinds shown</p>
      )}
      {point.coverage !== 'observed' && <p className={classes.muted}>{COVERAGE_LABELS[point.coverage]}</p>}
      {point.deployments.length > 0 && (
        <p className={classes.muted}>
          {plural(point.deployments.length, 'deployment')}:{' '}
          {[...new Set(point.deployments.flatMap(({ apps }) => apps))].slice(0, DEPLOYMENTS_SHOWN).join(', ')}
        </p>
      )}
    </div>
  );
}
