import { GroupSwatch } from '@/components/task-ends/cause-mark';
import type { TimelineModel } from '@/lib/charts/timeline-model';
import { COVERAGE_LABELS } from '@/lib/contracts/stats';
import type { CauseGroup } from '@/lib/domain/cause';
import { formatCount } from '@/lib/format/numbers';

import classes from './timeline-legend.module.css';

type TimelineLegendProps = {
  model: TimelineModel;
  hidden: readonly CauseGroup[];
  onToggle: (group: CauseGroup) => void;
};

/** Each cause group with its count, a button that hides it; below them what the hatching means. */
export function TimelineLegend({ model, hidden, onToggle }: TimelineLegendProps) {
  return (
    <ul className={classes.legend} aria-label="Legend">
      {model.series.map(({ group, label, total }) => (
        <li key={group}>
          <button
            type="button"
            className={classes.item}
            aria-pressed={!hidden.includes(group)}
            title={hidden.includes(group) ? `Show ${label}` : `Hide ${label}`}
            onClick={() => onToggle(group)}
          >
            <GroupSwatch group={group} /> {label} <span className={classes.total}>{formatCount(total)}</span>
          </button>
        </li>
      ))}
      {model.coverages.map((coverage) => (
        <li key={coverage} className={classes.coverage}>
          <span aria-hidden className={classes.hatch} data-coverage={coverage} /> {COVERAGE_LABELS[coverage]}
        </li>
      ))}
      {model.deployments > 0 && (
        <li className={classes.coverage}>
          <span aria-hidden className={classes.deployment} /> Deployment
        </li>
      )}
    </ul>
  );
}
