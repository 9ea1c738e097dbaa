import { PrismaPg } from '@prisma/adapter-pg';

import { PrismaClient } from './generated/client';
import { pool } from './pool';

// Kept on globalThis: the development server evaluates this module anew after an edit, and in several bundles.
const store = globalThis as typeof globalThis & { exit137Prisma?: PrismaClient };

/**
 * The Prisma client of this process, for the everyday queries; it shares the sessions of `pool()`, so its
 * sessions too speak UTC and end with `closePool`. Throws CONFIG_INVALID where DATABASE_URL is unset.
 */
export function prisma(): PrismaClient {
  store.exit137Prisma ??= new PrismaClient({ adapter: new PrismaPg(pool()) });
  return store.exit137Prisma;
}
