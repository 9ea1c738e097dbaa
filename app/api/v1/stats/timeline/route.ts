import { TimelineQuery } from '@/lib/contracts/stats';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { withWindow } from '@/lib/http/query-window';
import { timeline } from '@/lib/stats/timeline';

export const dynamic = 'force-dynamic';

export const GET = getRoute(TimelineQuery, (query, now) => timeline(readPool(), withWindow(query, now), now));
