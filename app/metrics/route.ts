import { readPool } from '@/lib/db/read-pool';
import { metricsText, PROMETHEUS_CONTENT_TYPE } from '@/lib/http/metrics-text';
import { log } from '@/lib/log';
import { collectorTotals } from '@/lib/stats/collector-totals';

export const dynamic = 'force-dynamic';

/** For Prometheus. Answers without the database too, with `exit137_database_up 0`. */
export async function GET(): Promise<Response> {
  const totals = await readTotals();
  return new Response(await metricsText(totals), {
    headers: { 'content-type': PROMETHEUS_CONTENT_TYPE, 'cache-control': 'no-store' },
  });
}

async function readTotals() {
  try {
    return await collectorTotals(readPool(), new Date());
  } catch (thrown) {
    log.warn({ err: thrown }, 'metrics without the database');
    return null;
  }
}
