import { env } from '@/lib/config/env';
import { NoQuery } from '@/lib/contracts/no-query';
import { pool } from '@/lib/db/pool';
import { getRoute } from '@/lib/http/get-route';
import { strip } from '@/lib/stats/strip';

export const dynamic = 'force-dynamic';

export const GET = getRoute(NoQuery, (_query, now) => {
  const { POLL_INTERVAL_MS: pollIntervalMs, SIMULATED: simulated, TIME_ZONE: timeZone } = env();
  return strip(pool(), { pollIntervalMs, simulated, timeZone }, now);
});
