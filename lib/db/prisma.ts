import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';

import { databaseError } from './database-error';
import { PrismaClient } from './generated/client';

export type { Lease } from './generated/client';

// Kept on globalThis: the development server evaluates this module anew after an edit, and in several bundles.
const store = globalThis as typeof globalThis & { exit137Prisma?: WeakMap<pg.Pool, Prisma> };

/** The client of one pool; `newClient` says what it does beyond Prisma's own. */
export type Prisma = ReturnType<typeof newClient>;

/**
 * The Prisma client on `pool`, for the everyday reads by key; one a pool, and it lives as long as the pool. It uses
 * the pool's sessions, so its sessions too speak UTC and end with `closePool`.
 *
 * Errors: DATABASE_UNAVAILABLE as from the pool itself; other failures of a statement as Prisma gives them.
 * Cost: the first query of a process compiles the query compiler (about 0.1 s, once); each later one takes about
 * 1 ms more than the same in SQL. Counts, ranges and whatever runs at each poll or for each row stay raw SQL.
 */
export function prismaOn(pool: pg.Pool): Prisma {
  store.exit137Prisma ??= new WeakMap();
  const known = store.exit137Prisma.get(pool);
  if (known) return known;
  const client = newClient(pool);
  store.exit137Prisma.set(pool, client);
  return client;
}

function newClient(pool: pg.Pool) {
  const client = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
  return client.$extends({
    query: {
      $allOperations: async ({ args, query }) => {
        try {
          return await query(args);
        } catch (thrown) {
          throw databaseError(thrown);
        }
      },
    },
  });
}
