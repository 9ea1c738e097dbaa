import { env } from '@/lib/config/env';
import { ReviewQuery } from '@/lib/contracts/review';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { review } from '@/lib/stats/review';

export const dynamic = 'force-dynamic';

export const GET = getRoute<ReviewQuery, unknown, { day: string }>(ReviewQuery, (query, now, { day }) =>
  review(readPool(), { ...query, day, timeZone: env().TIME_ZONE }, now),
);
