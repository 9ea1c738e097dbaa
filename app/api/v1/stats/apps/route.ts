import { RatesQuery } from '@/lib/contracts/stats';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { withWindow } from '@/lib/http/query-window';
import { appRates } from '@/lib/stats/app-rates';

export const dynamic = 'force-dynamic';

export const GET = getRoute(RatesQuery, (query, now) => appRates(readPool(), withWindow(query, now), now));
