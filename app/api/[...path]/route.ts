import { NoQuery } from '@/lib/contracts/no-query';
import { getRoute } from '@/lib/http/get-route';

/** Any other address under /api: the error body, not the page for people. */
export const GET = getRoute<NoQuery, null, { path: string[] }>(NoQuery, async () => null);
