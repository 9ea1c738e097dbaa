import { readPool } from '@/lib/db/read-pool';
import { databaseTrouble } from '@/lib/db/trouble';
import { errorResponse, jsonResponse, requestIdOf } from '@/lib/http/get-route';
import { checkReadiness } from '@/lib/stats/readiness';

export const dynamic = 'force-dynamic';

/**
 * Readiness: questions can be answered, the database is reached and migrated. 503 with the code otherwise, whatever is
 * wrong. `collector`: why the collector of this process cannot store now; pages are served all the same.
 */
export async function GET(request: Request): Promise<Response> {
  const requestId = requestIdOf(request);
  try {
    await checkReadiness(readPool());
    const trouble = databaseTrouble();
    const body = trouble === null ? { status: 'ready' } : { status: 'ready', collector: trouble };
    return jsonResponse(body, 200, requestId);
  } catch (thrown) {
    return errorResponse(thrown, requestId, '/readyz', 503);
  }
}
