import { redirect } from 'next/navigation';

import { oneParam, type RawSearchParams } from '@/components/shell/window-params';
import { env } from '@/lib/config/env';
import { reviewHref } from '@/lib/format/hrefs';
import { dayOf } from '@/lib/format/times';

/** The review of today, as the team's TIME_ZONE counts days. */
export default async function ReviewTodayPage({ searchParams }: { searchParams: Promise<RawSearchParams> }) {
  const raw = await searchParams;
  redirect(reviewHref(dayOf(new Date(), env().TIME_ZONE), { cluster: oneParam(raw, 'cluster') }));
}
