import type { Pool } from 'pg';

import { storeLogLines } from '@/lib/ingest/apply-log-lines';

import type { StoreLines } from './store-lines';

/** Stores batches for one cluster. `timeZone`: IANA, of stamps that tell none. */
export function storeInto(
  pool: Pool,
  { clusterId, timeZone }: { clusterId: number; timeZone: string },
): StoreLines {
  return (batch) => storeLogLines(pool, { ...batch, clusterId, timeZone });
}
