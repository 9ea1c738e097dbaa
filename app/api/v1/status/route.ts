import { env } from '@/lib/config/env';
import { NoQuery } from '@/lib/contracts/no-query';
import { pool } from '@/lib/db/pool';
import { getRoute } from '@/lib/http/get-route';
import { VERSION } from '@/lib/http/version';
import { status } from '@/lib/stats/status';

export const dynamic = 'force-dynamic';

export const GET = getRoute(NoQuery, (_query, now) => {
  const { ROLE: role, POLL_INTERVAL_MS: pollIntervalMs, SIMULATED: simulated } = env();
  return status(pool(), { version: VERSION, role, pollIntervalMs, simulated }, now);
});
