import { z } from 'zod';

import { NoQuery } from '@/lib/contracts/no-query';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { pathText } from '@/lib/http/path-text';
import { sandboxText } from '@/lib/stats/sandbox-text';

export const dynamic = 'force-dynamic';

type Params = { cluster: string; endId: string; file: string };

const Place = z.object({ cluster: z.string(), endId: z.uuid(), file: z.enum(['stdout', 'stderr']) });

export const GET = getRoute<NoQuery, unknown, Params>(NoQuery, async (_query, _now, params) => {
  const { cluster, endId, file } = params;
  const place = Place.safeParse({ cluster: pathText(cluster), endId, file });
  // An address that cannot be one finds nothing, rather than failing in the database.
  return place.success ? sandboxText(readPool(), place.data) : null;
});
