import type { ReviewGroup } from '@/lib/contracts/review';

import classes from './review.module.css';

const MEANINGS: Record<ReviewGroup['status'], string> = {
  new: 'New: never stored before this day',
  worse: 'Worse: clearly more than the day before',
  recurring: 'Recurring: about as often as the day before, or back after a pause',
  better: 'Better: clearly fewer than the day before',
};

/** `new`, `worse`, `recurring`, `better`, with what the word means on hover. */
export function StatusMark({ status }: { status: ReviewGroup['status'] }) {
  return (
    <span className={classes.status} data-status={status} title={MEANINGS[status]}>
      {status}
    </span>
  );
}
