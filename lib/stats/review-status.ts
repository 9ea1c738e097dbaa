import type { ReviewGroup } from '@/lib/contracts/review';

/**
 * How a group of failures of a day compares with the day before: `new` where its fingerprint never failed before
 * that day; `worse` at more than 1.5 times as many and at least 3 more; `better` the other way round, never while
 * the day still runs; else `recurring`.
 */
export function reviewStatus(facts: {
  failures: number;
  dayBefore: number;
  firstSeenAt: Date;
  dayFrom: Date;
  /** The day is still running. */
  partial: boolean;
}): ReviewGroup['status'] {
  const { failures, dayBefore, firstSeenAt, dayFrom, partial } = facts;
  if (firstSeenAt >= dayFrom) return 'new';
  if (failures > 1.5 * dayBefore && failures - dayBefore >= 3) return 'worse';
  if (!partial && dayBefore > 1.5 * failures && dayBefore - failures >= 3) return 'better';
  return 'recurring';
}
