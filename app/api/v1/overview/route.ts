import { env } from '@/lib/config/env';
import { OverviewQuery } from '@/lib/contracts/stats';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { withWindow } from '@/lib/http/query-window';
import { overview } from '@/lib/stats/overview';

export const dynamic = 'force-dynamic';

export const GET = getRoute(OverviewQuery, (query, now) =>
  overview(readPool(), { ...withWindow(query, now), pollIntervalMs: env().POLL_INTERVAL_MS }, now),
);
