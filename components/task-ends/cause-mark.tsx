import { CAUSE_LABELS, type Cause, type CauseGroup, type Disposition } from '@/lib/domain/cause';
import { causeGroup } from '@/lib/domain/cause-group';
import type { EndState } from '@/lib/domain/task';

import classes from './cause-mark.module.css';

/** A cause in words with its colour. The colour alone never carries the meaning. */
export function CauseMark({ cause, group, label }: { cause: Cause; group: CauseGroup; label?: string }) {
  return (
    <span className={classes.mark}>
      <GroupSwatch group={group} />
      {label ?? CAUSE_LABELS[cause]}
    </span>
  );
}

/** The cause of one task end: an unexplained kill reads as one, not as an unknown failure. */
export function EndCauseMark({ end }: { end: { cause: Cause; state: EndState; disposition: Disposition } }) {
  const group = causeGroup(end);
  if (end.cause === 'unknown' && group === 'killed') {
    return (
      <span className={classes.mark}>
        <GroupSwatch group={group} />
        Killed, unexplained
      </span>
    );
  }
  return <CauseMark cause={end.cause} group={group} />;
}

/** The little square of a colour group. */
export function GroupSwatch({ group }: { group: CauseGroup }) {
  return <span aria-hidden className={classes.swatch} style={{ background: `var(--cause-${group})` }} />;
}

/** `FAILED`, coloured where it is a failure. */
export function StateMark({ state, disposition }: { state: EndState; disposition: Disposition }) {
  return (
    <span className={classes.state} data-disposition={disposition} title={state}>
      {state.replace('TASK_', '')}
    </span>
  );
}

/** `137 · SIGKILL`; nothing known: `–`. */
export function ExitMark({ exitCode, signal }: { exitCode: number | null; signal: string | null }) {
  const parts = [exitCode === null ? null : String(exitCode), signal].filter((part) => part !== null);
  if (parts.length === 0) return <span className={classes.none}>–</span>;
  return <span className={classes.exit}>{parts.join(' · ')}</span>;
}
