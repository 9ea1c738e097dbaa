import { CauseMark } from '@/components/task-ends/cause-mark';
import { Empty } from '@/components/ui/empty';
import { PlainLink } from '@/components/ui/plain-link';
import { causeRows } from '@/lib/charts/causes-model';
import type { CauseCount } from '@/lib/contracts/stats';
import { type TasksHrefFilters, tasksHref } from '@/lib/format/hrefs';
import { formatCount } from '@/lib/format/numbers';

import classes from './cause-bars.module.css';

type CauseBarsProps = {
  causes: readonly CauseCount[];
  /** Window and narrowing that the links to /tasks keep. */
  filters: TasksHrefFilters;
  /** What to say where nothing ended; a window that nobody observed must not pass for a quiet one. */
  empty?: string;
};

/** Why tasks ended, failures first; each row leads to its tasks. */
export function CauseBars({ causes, filters, empty = 'No task ended in this window' }: CauseBarsProps) {
  const rows = causeRows(causes);
  if (rows.length === 0) return <Empty title={empty} />;
  return (
    <ul className={classes.list} aria-label="Causes">
      {rows.map(({ cause, disposition, group, label, ends, length }) => (
        <li key={`${cause} ${disposition}`}>
          <PlainLink href={tasksHref({ ...filters, cause, disposition })} className={classes.row}>
            <span className={classes.name}>
              <CauseMark cause={cause} group={group} label={label} />
            </span>
            <span className={classes.track}>
              <span
                style={{ '--length': length, background: `var(--cause-${group})` }}
                className={classes.bar}
              />
            </span>
            <span className={classes.count}>
              <span className="visually-hidden">, </span>
              {formatCount(ends)}
            </span>
          </PlainLink>
        </li>
      ))}
    </ul>
  );
}
