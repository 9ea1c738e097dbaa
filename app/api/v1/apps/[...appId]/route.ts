import { OverviewQuery } from '@/lib/contracts/stats';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { pathText } from '@/lib/http/path-text';
import { withWindow } from '@/lib/http/query-window';
import { appDetail } from '@/lib/stats/app-detail';

export const dynamic = 'force-dynamic';

export const GET = getRoute<OverviewQuery, unknown, { appId: string[] }>(
  OverviewQuery,
  (query, now, params) =>
    appDetail(readPool(), { ...withWindow(query, now), appId: pathText(params.appId) }, now),
);
