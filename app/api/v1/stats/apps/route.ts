import { RatesQuery } from '@/lib/contracts/stats';
import { pool } from '@/lib/db/pool';
import { getRoute } from '@/lib/http/get-route';
import { withWindow } from '@/lib/http/query-window';
import { appRates } from '@/lib/stats/app-rates';

export const dynamic = 'force-dynamic';

export const GET = getRoute(RatesQuery, (query, now) => appRates(pool(), withWindow(query, now), now));
