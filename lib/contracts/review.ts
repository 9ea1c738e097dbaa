import { z } from 'zod';

import { CAUSES, PROOFS } from '@/lib/domain/cause';

const time = z.iso.datetime();
const count = z.number().int();

/** GET /api/v1/review/{day}: `day` is a calendar day `2026-11-25` in the team's TIME_ZONE. */
export const ReviewQuery = z.object({ cluster: z.string().min(1).max(200).optional() });
export type ReviewQuery = z.infer<typeof ReviewQuery>;

export const ReviewGroup = z.object({
  fingerprint: z.string(),
  cluster: z.string(),
  appId: z.string().nullable(),
  /** What to call it where there is no app: framework and task name. */
  subject: z.string(),
  cause: z.enum(CAUSES),
  proof: z.enum(PROOFS),
  /** Newest end's sentence. */
  summary: z.string(),
  failures: count,
  dayBefore: count,
  /** Null: exit137 did not know that day. */
  sameWeekdayBefore: count.nullable(),
  firstSeenAt: time,
  newestAt: time,
  newestTaskId: z.string(),
  newestId: z.string(),
  hosts: z.array(z.object({ host: z.string(), failures: count })),
  versions: z.array(z.string()),
  exitCodes: z.array(count),
  status: z.enum(['new', 'worse', 'recurring', 'better']),
});
export type ReviewGroup = z.infer<typeof ReviewGroup>;

export const DayTotals = z.object({ ended: count, failed: count, killed: count, groups: count });
export type DayTotals = z.infer<typeof DayTotals>;

export const ReviewBody = z.object({
  day: z.string(),
  timeZone: z.string(),
  from: time,
  to: time,
  /** True while the day is still running. */
  partial: z.boolean(),
  previousDay: z.string(),
  /** Null: tomorrow. */
  nextDay: z.string().nullable(),
  /** Null: nobody watched that day, and nothing of it is known. */
  totals: DayTotals.nullable(),
  totalsBefore: DayTotals.nullable(),
  /** Newest failure first. */
  groups: z.array(ReviewGroup),
  /** Failed the day before, not on this day. */
  gone: z.array(
    z.object({
      fingerprint: z.string(),
      cluster: z.string(),
      subject: z.string(),
      appId: z.string().nullable(),
      cause: z.enum(CAUSES),
      failures: count,
    }),
  ),
  /** Spans of the day that were not, or not wholly, observed. */
  gaps: z.array(z.object({ from: time, to: time, kind: z.string(), detail: z.string() })),
});
export type ReviewBody = z.infer<typeof ReviewBody>;
