import { env } from '@/lib/config/env';
import type { DiagnoseBody } from '@/lib/contracts/evidence';
import { DiagnoseQuery } from '@/lib/contracts/logs';
import { pool } from '@/lib/db/pool';
import { AppError } from '@/lib/errors';
import { postRoute } from '@/lib/http/post-route';
import { isSameOrigin } from '@/lib/http/same-origin';
import { takePastedLog } from '@/lib/logs/take-pasted-log';
import { diagnoseLog } from '@/lib/stats/diagnose-log';

export const dynamic = 'force-dynamic';

export const POST = postRoute<DiagnoseQuery, DiagnoseBody>(DiagnoseQuery, async (request, query, now) => {
  if (query.store && !isSameOrigin(request)) {
    throw new AppError('BAD_REQUEST', 'Only pages of this server may ask it to `store` a log.');
  }
  const { host = null, cluster = null, store } = query;
  const settings = env();
  const pasted = { pool: pool(), settings, host, cluster: store ? (cluster ?? settings.CLUSTER_NAME) : null };
  return await takePastedLog(request, pasted, async (chunks) => {
    const timeZone = settings.LOG_TIME_ZONE;
    const said = await diagnoseLog(pool(), { chunks, host, cluster, timeZone }, now);
    return { ...said, stored: store };
  });
});
