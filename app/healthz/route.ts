import { jsonResponse, requestIdOf } from '@/lib/http/get-route';

export const dynamic = 'force-dynamic';

/** Liveness: this process answers. It asks nobody else, so that a dead database restarts no server. */
export function GET(request: Request): Response {
  return jsonResponse({ status: 'ok' }, 200, requestIdOf(request));
}
