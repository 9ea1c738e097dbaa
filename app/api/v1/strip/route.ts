import { stripInput } from '@/app/strip-input';
import { NoQuery } from '@/lib/contracts/no-query';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { strip } from '@/lib/stats/strip';

export const dynamic = 'force-dynamic';

export const GET = getRoute(NoQuery, (_query, now) => strip(readPool(), stripInput(), now));
