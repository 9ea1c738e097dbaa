import { statusInput } from '@/app/status-input';
import { NoQuery } from '@/lib/contracts/no-query';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { status } from '@/lib/stats/status';

export const dynamic = 'force-dynamic';

export const GET = getRoute(NoQuery, (_query, now) => status(readPool(), statusInput(), now));
