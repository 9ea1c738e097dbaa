import { env } from '@/lib/config/env';
import type { LogsBody } from '@/lib/contracts/evidence';
import { LogsQuery } from '@/lib/contracts/logs';
import { pool } from '@/lib/db/pool';
import { postRoute } from '@/lib/http/post-route';
import { checkLogsToken } from '@/lib/logs/check-token';
import { takeLogs } from '@/lib/logs/take-logs';

export const dynamic = 'force-dynamic';

export const POST = postRoute<LogsQuery, LogsBody>(LogsQuery, async (request, { host }) => {
  checkLogsToken(request, env().LOGS_TOKEN);
  return await takeLogs(request, { pool: pool(), settings: env(), defaultHost: host ?? null });
});
