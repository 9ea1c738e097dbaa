import { TimelineQuery } from '@/lib/contracts/stats';
import { pool } from '@/lib/db/pool';
import { getRoute } from '@/lib/http/get-route';
import { withWindow } from '@/lib/http/query-window';
import { timeline } from '@/lib/stats/timeline';

export const dynamic = 'force-dynamic';

export const GET = getRoute(TimelineQuery, (query, now) => timeline(pool(), withWindow(query, now), now));
