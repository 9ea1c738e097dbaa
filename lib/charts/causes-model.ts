import type { CauseCount } from '@/lib/contracts/stats';
import { CAUSE_LABELS, type Cause, type CauseGroup, type Disposition } from '@/lib/domain/cause';
import { causeGroup } from '@/lib/domain/cause-group';

export type CauseRow = {
  cause: Cause;
  disposition: Disposition;
  group: CauseGroup;
  label: string;
  ends: number;
  /** Against the longest row, 0..1. */
  length: number;
};

/** Failures stand first whatever their number: a hundred finished jobs must not hide three crashes. */
const ORDER: Record<Disposition, number> = { failure: 0, unexplained: 1, normal: 2 };

/** Causes as rows: failures first, then what nobody explained, then what was wanted; most ends first in each. */
export function causeRows(causes: readonly CauseCount[]): CauseRow[] {
  const longest = Math.max(...causes.map(({ ends }) => ends), 1);
  return causes
    .filter(({ ends }) => ends > 0)
    .map(({ cause, disposition, ends }) => {
      // Only KILLED can end unexplained or, without a known cause, as wanted.
      const group = causeGroup({
        cause,
        disposition,
        state: disposition === 'failure' ? 'TASK_FAILED' : 'TASK_KILLED',
      });
      const label = cause === 'unknown' && group === 'killed' ? 'Killed, unexplained' : CAUSE_LABELS[cause];
      return { cause, disposition, group, label, ends, length: ends / longest };
    })
    .sort((a, b) => ORDER[a.disposition] - ORDER[b.disposition] || b.ends - a.ends);
}
