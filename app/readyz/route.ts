import { pool } from '@/lib/db/pool';
import { errorResponse, jsonResponse, requestIdOf } from '@/lib/http/get-route';
import { checkReadiness } from '@/lib/stats/readiness';

export const dynamic = 'force-dynamic';

/** Readiness: the database answers and is migrated. 503 with the code otherwise, whatever is wrong. */
export async function GET(request: Request): Promise<Response> {
  const requestId = requestIdOf(request);
  try {
    await checkReadiness(pool());
    return jsonResponse({ status: 'ready' }, 200, requestId);
  } catch (thrown) {
    return errorResponse(thrown, requestId, '/readyz', 503);
  }
}
