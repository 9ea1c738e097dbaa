import { OverviewQuery } from '@/lib/contracts/stats';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { pathText } from '@/lib/http/path-text';
import { withWindow } from '@/lib/http/query-window';
import { hostDetail } from '@/lib/stats/host-detail';

export const dynamic = 'force-dynamic';

export const GET = getRoute<OverviewQuery, unknown, { hostname: string }>(
  OverviewQuery,
  (query, now, params) =>
    hostDetail(readPool(), { ...withWindow(query, now), hostname: pathText(params.hostname) }, now),
);
