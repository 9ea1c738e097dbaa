import { OverviewQuery } from '@/lib/contracts/stats';
import { pool } from '@/lib/db/pool';
import { getRoute } from '@/lib/http/get-route';
import { pathText } from '@/lib/http/path-text';
import { withWindow } from '@/lib/http/query-window';
import { hostDetail } from '@/lib/stats/host-detail';

export const dynamic = 'force-dynamic';

export const GET = getRoute<OverviewQuery, unknown, { hostname: string }>(
  OverviewQuery,
  (query, now, params) =>
    hostDetail(pool(), { ...withWindow(query, now), hostname: pathText(params.hostname) }, now),
);
